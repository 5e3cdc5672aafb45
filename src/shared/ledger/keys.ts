/**
 * The names of the ledger's keys in Redis. All share the prefix and with it one hash tag, so that scripts
 * may touch several of them on a Cluster too. The Lua files build item and batch keys the same way.
 */
export interface LedgerKeys {
  item(id: string): string;
  /** Hash: model, settings and counters of a batch. */
  batch(name: string): string;
  /** List: ids of all items of a batch, in the order they were given. */
  items(name: string): string;
  /** List: ids that wait to be submitted. */
  backlog(name: string): string;
  /** Sorted set: failed or held items of a batch, by when they became so; may name some that have moved on. */
  listed(name: string, state: 'failed' | 'held'): string;
  /** Hash: how many items are in each state, over all batches. */
  readonly counts: string;
  /** Sorted set: unfinished items with work in progress, by when they are overdue. */
  readonly active: string;
  /** Set: items that were taken from a backlog and not submitted yet. */
  readonly atGate: string;
  /** Hash: places of saved files whose records were removed; and the hashes that say which items were. */
  readonly remembered: string;
  rememberedIn(bucket: number): string;
  /** Sorted set: batch names by when they were created. */
  readonly batches: string;
  /** Sorted set: batches with a backlog, by whose turn it is; those of halted models last. */
  readonly rotation: string;
}

export function ledgerKeys(prefix: string): LedgerKeys {
  const batch = (name: string) => `${prefix}:batch:${name}`;
  return {
    item: (id) => `${prefix}:item:${id}`,
    batch,
    items: (name) => `${batch(name)}:items`,
    backlog: (name) => `${batch(name)}:backlog`,
    listed: (name, state) => `${batch(name)}:${state}`,
    counts: `${prefix}:counts`,
    active: `${prefix}:active`,
    atGate: `${prefix}:at-gate`,
    remembered: `${prefix}:remembered`,
    rememberedIn: (bucket) => `${prefix}:remembered:${bucket}`,
    batches: `${prefix}:batches`,
    rotation: `${prefix}:rotation`,
  };
}
