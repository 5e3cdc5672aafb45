/**
 * Retries single links of a batch, chosen by a person. Uses the script that retries whole batches, one position at a
 * time, so that the rules are in one place. Called through the server.
 */
import type { Queues } from '../shared/jobs/catalogue.ts';
import type { BatchOperations } from '../shared/ledger/batch-operations.ts';
import { ledgerKeys } from '../shared/ledger/keys.ts';
import type { Keyspace } from '../shared/redis/keyspace.ts';

export interface RetrySomeDeps extends Keyspace {
  readonly operations: BatchOperations;
  readonly queues: Queues;
}

const chunkSize = 10_000;

/** @returns how many were retried */
export async function retrySome(
  batch: string,
  ids: ReadonlySet<string>,
  { redis, prefix, operations, queues }: RetrySomeDeps,
): Promise<number> {
  const list = ledgerKeys(prefix).items(batch);
  let [retried, seen] = [0, 0];
  for (let start = 0; seen < ids.size; start += chunkSize) {
    const chunk = await redis.lrange(list, start, start + chunkSize - 1);
    const positions = chunk.flatMap((id, index) => (ids.has(id) ? [start + index] : []));
    seen += positions.length;
    for (const position of positions) {
      const found = await operations.retryItems(batch, position, 1);
      await queues.addMany('status-check', found.checkAgain);
      await queues.addMany('download', found.downloadAgain);
      retried += found.queued + found.checkAgain.length + found.downloadAgain.length;
    }
    if (chunk.length < chunkSize) break;
  }
  return retried;
}
