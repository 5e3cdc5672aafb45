/** The queues that a person has paused in Bull Board, read where BullMQ keeps it, without opening them. */
import { type Stage, stages } from '../ledger/states.ts';
import type { Keyspace } from '../redis/keyspace.ts';

export async function readPausedQueues({ redis, prefix }: Keyspace): Promise<Stage[]> {
  const found = await Promise.all(stages.map((stage) => redis.hexists(`${prefix}:${stage}:meta`, 'paused')));
  return stages.filter((_, index) => found[index] === 1);
}
