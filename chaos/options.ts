/** The options of a run, as flags of `npm run chaos -- …`. */
import { parseArgs } from 'node:util';

export interface ChaosOptions {
  readonly seed: number;
  /** How many links are given, in all batches together. */
  readonly links: number;
  /** For how long there is trouble; what is left then has to end without any. */
  readonly minutes: number;
  readonly workers: number;
  /** Share of the vendor's answers, tasks, results and callbacks that something is wrong with. */
  readonly faults: number;
  /** Torments a minute. */
  readonly rate: number;
  /** Names of torments, or beginnings of names; empty: all. */
  readonly torments: readonly string[];
  readonly policy: 'resubmit' | 'hold' | 'either';
  readonly callbacks: 'on' | 'off' | 'either';
  readonly redis: 'single' | 'sentinel' | 'cluster' | 'either';
  readonly storage: 'folder' | 'bucket' | 'either';
  /** How long the remaining work may take before it counts as lost. */
  readonly drainMinutes: number;
  /** The place of the run's folder; removed at its end, unless `keep`. */
  readonly keep: boolean;
  readonly quiet: boolean;
}

export const defaultOptions: ChaosOptions = {
  seed: 1,
  links: 300,
  minutes: 2,
  workers: 3,
  faults: 0.2,
  rate: 20,
  torments: [],
  policy: 'either',
  callbacks: 'either',
  redis: 'single',
  storage: 'folder',
  drainMinutes: 12,
  keep: false,
  quiet: false,
};

export const usage = `npm run chaos -- [OPTION…]
  --seed N           what the run's decisions follow from (default: by the time of day)
  --links N          links in all batches together (${defaultOptions.links})
  --minutes N        for how long there is trouble (${defaultOptions.minutes})
  --workers N        (${defaultOptions.workers})
  --faults SHARE     of the vendor's answers, tasks, results and callbacks (${defaultOptions.faults})
  --rate N           torments a minute (${defaultOptions.rate})
  --torments LIST    only these, by name or the beginning of it, such as redis,kill-worker
  --policy WHICH     ON_AMBIGUOUS_SUBMIT: resubmit, hold or either (by the seed)
  --callbacks WHICH  on, off or either (by the seed)
  --redis FORM       single, sentinel, cluster or either (by the seed) (${defaultOptions.redis})
  --storage WHICH    folder, bucket or either (by the seed) (${defaultOptions.storage})
  --drain-minutes N  how long the rest may take after the trouble (${defaultOptions.drainMinutes})
  --keep             leaves the run's folder: Redis's file, logs, videos
  --quiet            no lines while it runs`;

/** @throws Error with what is wrong with the flags */
export function parseOptions(args: readonly string[]): ChaosOptions {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values: flags } = parseArgs({
    args: [...args],
    options: {
      seed: text,
      links: text,
      minutes: text,
      workers: text,
      faults: text,
      rate: text,
      torments: text,
      policy: text,
      callbacks: text,
      redis: text,
      storage: text,
      'drain-minutes': text,
      keep: flag,
      quiet: flag,
    },
  });
  const number = (given: string | undefined, otherwise: number) => {
    const value = given === undefined ? otherwise : Number(given);
    if (!(value >= 0)) throw new Error(`"${given}" is no number`);
    return value;
  };
  const oneOf = <Value extends string>(
    given: string | undefined,
    values: readonly Value[],
    otherwise: Value,
  ) => {
    const value = given === undefined ? otherwise : values.find((each) => each === given);
    if (value === undefined) throw new Error(`"${given}" is none of ${values.join(', ')}`);
    return value;
  };
  return {
    seed: number(flags.seed, Date.now() % 1_000_000),
    links: number(flags.links, defaultOptions.links),
    minutes: number(flags.minutes, defaultOptions.minutes),
    workers: number(flags.workers, defaultOptions.workers),
    faults: number(flags.faults, defaultOptions.faults),
    rate: number(flags.rate, defaultOptions.rate),
    torments: (flags.torments ?? '').split(',').filter(Boolean),
    policy: oneOf(flags.policy, ['resubmit', 'hold', 'either'], defaultOptions.policy),
    callbacks: oneOf(flags.callbacks, ['on', 'off', 'either'], defaultOptions.callbacks),
    redis: oneOf(flags.redis, ['single', 'sentinel', 'cluster', 'either'], defaultOptions.redis),
    storage: oneOf(flags.storage, ['folder', 'bucket', 'either'], defaultOptions.storage),
    drainMinutes: number(flags['drain-minutes'], defaultOptions.drainMinutes),
    keep: flags.keep ?? false,
    quiet: flags.quiet ?? false,
  };
}
