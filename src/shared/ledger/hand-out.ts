/** Hands out waiting items, and finds items whose job was lost. */
import { jobPolicy } from '../policy.ts';
import type { Keyspace } from '../redis/keyspace.ts';
import { ledgerKeys } from './keys.ts';
import { ledgerScript } from './ledger-script.ts';

export interface HandedOut {
  readonly ids: readonly string[];
  /** Batches that cannot continue: their budget is used up, and they have no open task. */
  readonly exhausted: readonly string[];
  /** How many were at the gate before. */
  readonly atGate: number;
}

export function createHandOut({ redis, prefix }: Keyspace) {
  const keys = ledgerKeys(prefix);
  const [takeScript, unaffordableScript, returnScript, overdueScript, touchScript, idleScript, lostScript] = [
    ledgerScript(redis, 'take'),
    ledgerScript(redis, 'take-unaffordable'),
    ledgerScript(redis, 'return-to-backlog'),
    ledgerScript(redis, 'overdue'),
    ledgerScript(redis, 'touch'),
    ledgerScript(redis, 'idle-batches'),
    ledgerScript(redis, 'find-lost'),
  ];

  /**
   * Takes waiting items from the backlogs, batch by batch in turn, until `wanted` are at the gate; each needs a job
   * now.
   * @param haltedModels their batches are skipped
   * @param only take from this batch only
   */
  async function take(
    wanted: number,
    haltedModels: readonly string[] = [],
    only: string | null = null,
  ): Promise<HandedOut> {
    const [ids, exhausted, atGate] = (await takeScript(
      [keys.rotation, keys.active, keys.atGate],
      [prefix, wanted, jobPolicy.graceMs, only ?? '', ...haltedModels],
    )) as [string[], string[], number];
    return { ids, exhausted, atGate };
  }

  async function takeUnaffordable(batch: string, count: number): Promise<string[]> {
    return (await unaffordableScript(
      [keys.batch(batch), keys.backlog(batch), keys.rotation, keys.active],
      [batch, count, jobPolicy.graceMs, prefix],
    )) as string[];
  }

  /** A link that was handed out to a worker of other batches waits in its backlogs again. */
  async function returnToBacklog(id: string): Promise<void> {
    await returnScript([keys.item(id), keys.active, keys.atGate, keys.rotation], [prefix, id]);
  }

  /** An item that cannot get through gives up its place at the gate: another may be handed out. */
  async function leaveGate(id: string): Promise<void> {
    await redis.srem(keys.atGate, id);
  }

  /** Overdue items; each is handed to one caller, which adds its job again. */
  async function overdue(count: number): Promise<string[]> {
    return (await overdueScript([keys.active], [count, jobPolicy.graceMs])) as string[];
  }

  /** Says that the item's next job runs in `nextJobMs`, so that the sweep leaves it alone until then. */
  async function touch(id: string, nextJobMs: number): Promise<void> {
    await touchScript([keys.active], [id, Math.round(nextJobMs) + jobPolicy.graceMs]);
  }

  /** The next batches with unfinished items and an empty backlog; the counts change with any progress. */
  async function idleBatches(
    from: number,
    count: number,
  ): Promise<{
    readonly checked: number;
    readonly found: readonly (readonly [name: string, counts: string])[];
  }> {
    const [checked, names, counts] = (await idleScript([keys.batches], [prefix, from, count])) as [
      number,
      string[],
      string[],
    ];
    return { checked, found: names.map((name, index) => [name, counts[index] ?? ''] as const) };
  }

  /** Has the sweep find the next unfinished items of a batch that are neither in a backlog nor in progress. */
  async function findLost(
    batch: string,
    from: number,
    count: number,
  ): Promise<{ readonly checked: number; readonly ids: readonly string[] }> {
    const [checked, ids] = (await lostScript(
      [keys.items(batch), keys.active, keys.backlog(batch)],
      [prefix, from, count],
    )) as [number, string[]];
    return { checked, ids };
  }

  return { take, takeUnaffordable, returnToBacklog, leaveGate, overdue, touch, idleBatches, findLost };
}
