/** The waiting links that are not in a paused batch: needed to explain why links move or not. */
import type { Keyspace } from '../redis/keyspace.ts';
import { type Batch, unfinished } from './batch.ts';
import { ledgerKeys } from './keys.ts';
import type { Ledger } from './ledger.ts';

export interface Rotation {
  /** Batches with links in their backlog that are not paused, in any order. */
  readonly batches: readonly Batch[];
  /** Links in these, and links that have left their backlog and are at the gate. */
  readonly runnable: number;
}

export async function readRotation(
  { redis, prefix }: Keyspace,
  ledger: Pick<Ledger, 'batch'>,
): Promise<Rotation> {
  const keys = ledgerKeys(prefix);
  const [names, atGate] = await Promise.all([
    redis.zrange(keys.rotation, '0', '-1'),
    redis.scard(keys.atGate),
  ]);
  const found = await Promise.all(names.map((name) => ledger.batch(name)));
  const batches = found.filter((batch) => batch !== null);
  return { batches, runnable: batches.reduce((sum, { counts }) => sum + counts.queued, atGate) };
}

/** Of these, once each, those that are not paused and have unfinished links. */
export function waitingOf<Each extends Batch>(batches: readonly Each[]): Each[] {
  const going = batches.filter(({ counts, isPaused }) => !isPaused && unfinished(counts) > 0);
  return [...new Map(going.map((batch) => [batch.name, batch])).values()];
}
