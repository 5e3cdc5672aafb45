/**
 * Holds a schedule while a run of it continues, so that no other begins, whatever starts it: a tick, or a person
 * with `schedule run`. The hold ends by itself soon after the process that has it.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import type { Keyspace } from '../../shared/redis/keyspace.ts';
import { createScript } from '../../shared/redis/script.ts';
import type { ScheduleRunning } from './schedule.ts';
import { scheduleKeys } from './schedule-keys.ts';

interface RunHold {
  /** Aborted when another process has taken over. */
  readonly lost: AbortSignal;
  /** @returns how many ticks were skipped meanwhile, or null if another process has taken over */
  end(): Promise<number | null>;
}

export type HoldAnswer =
  | { readonly held: true; readonly hold: RunHold }
  | { readonly held: false; readonly running: ScheduleRunning };

export interface HoldRequest {
  readonly schedule: string;
  /** The same for a tick that is picked up again after a crash: it may continue at once. */
  readonly tick: string;
  readonly host: string;
}

const lifetimeMs = 30_000;
const renewEveryMs = 5000;

export async function holdRun(
  { schedule, tick, host }: HoldRequest,
  { redis, prefix, clock }: Keyspace & { clock: Clock },
): Promise<HoldAnswer> {
  const script = (name: string) => createScript(redis, new URL(`./scripts/${name}.lua`, import.meta.url));
  const [begin, keep] = [script('begin-run'), script('keep-run')];
  const key = scheduleKeys(prefix).running(schedule);
  const token = randomUUID();
  const startedAt = clock.now();
  const [answer, since, where] = (await begin([key], [token, tick, startedAt, host, lifetimeMs])) as string[];
  if (answer === 'running') {
    return { held: false, running: { startedAt: Number(since), host: where ?? '' } };
  }
  const losing = new AbortController();
  const timer = setInterval(() => {
    keep([key], [token, lifetimeMs]).then(
      (skipped) => {
        if (skipped === -1) losing.abort(new Error('another process has taken over the run'));
      },
      // Redis is away: the next step of the run fails too, and reports it.
      () => undefined,
    );
  }, renewEveryMs);
  return {
    held: true,
    hold: {
      lost: losing.signal,
      async end() {
        clearInterval(timer);
        const skipped = Number(await keep([key], [token, '']));
        return skipped === -1 ? null : skipped;
      },
    },
  };
}
