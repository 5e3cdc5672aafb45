/**
 * The version of the data that kie-batch keeps in Redis, and the numbered steps from one to the next. A change of
 * keys, fields or their meaning that an older record does not fit adds a step here; one that only adds fields does
 * not. Steps run in order, once, before anything else reads the data, so each may rely on the one before it. A step
 * must be safe to repeat: the process that runs it may be killed half-way.
 */
import type { Keyspace } from '../redis/keyspace.ts';

export interface Migration {
  /** The version that the data has afterwards. */
  readonly to: number;
  /** What changes, for the log. */
  readonly title: string;
  run({ redis, prefix }: Keyspace): Promise<void>;
}

/** Release 0.1.0 wrote no version; its data counts as this one. */
export const firstVersion = 1;

export const migrations: readonly Migration[] = [];
