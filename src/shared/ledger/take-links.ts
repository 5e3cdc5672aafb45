/** Enqueues links in a batch. */
import type { Inputs } from '../models/input-spec.ts';
import type { Keyspace } from '../redis/keyspace.ts';
import type { FixedSettings } from './batch-records.ts';
import { type ItemRow, packRow } from './item.ts';
import { packInputs, type SharedInputs, sharedField, sharedInputs } from './item-inputs.ts';
import { ledgerKeys } from './keys.ts';
import { ledgerScript } from './ledger-script.ts';

/** A link that its model accepts. */
export interface LedgerLink {
  readonly id: string;
  readonly url: string;
  /** Inputs of its task other than the link and the model's defaults. Part of the id. */
  readonly inputs?: Inputs;
  /** What is kept of the list's row. */
  readonly row?: ItemRow;
}

export type EnqueueAnswer = 'accepted' | 'duplicate' | 'already-saved';

export interface EnqueuedChunk {
  /** Redis's time, Unix milliseconds. */
  readonly at: number;
  /** In the order of the links. */
  readonly answers: readonly EnqueueAnswer[];
  /**
   * By how much this batch's count of saved items changed by the links alone: up by saved links it had not listed
   * before, down by saved ones that were forced.
   */
  readonly savedChange: number;
}

export interface EnqueueOptions {
  readonly since?: number;
  readonly force?: boolean;
  readonly inputs?: Inputs;
}

interface TakeLinksDeps extends Keyspace {
  readonly shareUrl: (model: string, id: string) => string | null;
  readonly settingsOf: (batch: string) => Promise<FixedSettings>;
}

const answerOf: Readonly<Record<string, EnqueueAnswer>> = {
  a: 'accepted',
  r: 'accepted',
  d: 'duplicate',
  s: 'already-saved',
  j: 'already-saved',
};
const noInputs: Inputs = {};

export function createTakeLinks({ redis, prefix, shareUrl, settingsOf }: TakeLinksDeps) {
  const keys = ledgerKeys(prefix);
  const enqueueScript = ledgerScript(redis, 'enqueue');

  /**
   * Enqueues links in an open batch. A link is one item, however often and in however many batches it is enqueued.
   * @param links at most a few thousand, because Redis answers nothing else meanwhile
   * @param options.since when the current run began (Redis's time): what was saved later is a duplicate of this run
   * @param options.force enqueue finished items again, which pays for them again
   * @param options.inputs what most of the links share, stored once
   */
  async function enqueue(
    batch: string,
    links: readonly LedgerLink[],
    options: EnqueueOptions = {},
  ): Promise<EnqueuedChunk> {
    const { model } = await settingsOf(batch);
    const shared: SharedInputs | null = sharedInputs(options.inputs ?? noInputs);
    const rows = links.flatMap(({ id, url, inputs = noInputs, row }) => [
      id,
      url === shareUrl(model, id) ? '' : url,
      packInputs(inputs, shared),
      packRow(row),
    ]);
    const sharedArguments = shared === null ? ['', ''] : [sharedField(shared.reference), shared.text];
    const [at, letters] = (await enqueueScript(
      [keys.batch(batch), keys.items(batch), keys.backlog(batch), keys.counts, keys.batches, keys.rotation],
      [prefix, batch, options.since ?? '', options.force ? '1' : '', ...sharedArguments, ...rows],
    )) as [number, string];
    const answers = [...letters].map((letter) => answerOf[letter] ?? 'duplicate');
    const count = (wanted: string) => [...letters].filter((letter) => letter === wanted).length;
    return { at, answers, savedChange: count('j') - count('r') };
  }

  return { enqueue };
}
