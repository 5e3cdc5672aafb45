/**
 * A batch in Redis: one hash of settings and counters that the ledger's scripts maintain, so that reading the counts of
 * a million links takes one call.
 */
import { RequestError } from '../explained-error.ts';
import { activeStates, type FailureReason, failureReasons, type ItemState, itemStates } from './states.ts';

export type StateCounts = Readonly<Record<ItemState, number>>;

export interface Batch {
  readonly name: string;
  readonly model: string;
  /** Where the batch's files lie, ending in `/`. */
  readonly root: string;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly counts: StateCounts;
  readonly failures: Readonly<Partial<Record<FailureReason, number>>>;
  /** Links that were, not times. */
  readonly possiblyPaidTwice: number;
  readonly creditsSpent: number;
  /** The most it may spend; null without a bound. */
  readonly budget: number | null;
  readonly bytes: number;
  /** Its tasks cost more than was announced, so it is paused until a person agrees; else null. */
  readonly dearer: { readonly announced: number; readonly costs: number } | null;
  readonly isPaused: boolean;
  /** How many turns it gets where others get one. */
  readonly priority: number;
}

/** A batch belongs to one model; its name to what a file system and Redis can carry. */
export class BatchError extends RequestError {
  readonly code = 'BATCH';
}

export function isBatchName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name) && !/\.(part|lock)$/i.test(name);
}

/** @throws BatchError with the rules for names */
export function checkBatchName(name: string): string {
  if (isBatchName(name)) return name;
  throw new BatchError(
    `"${name.slice(0, 100)}" is not a valid batch name: use 1 to 100 letters, digits, dots, dashes and underscores, with a letter or digit first`,
  );
}

export function readBatch(name: string, hash: Readonly<Record<string, string>>): Batch | null {
  if (!hash['model']) return null;
  const number = (field: string) => Number(hash[field] ?? 0);
  const failures = failureReasons
    .map((reason) => [reason, number(`failed:${reason}`)] as const)
    .filter(([, count]) => count > 0);
  return {
    name,
    model: hash['model'],
    root: hash['root'] ?? '',
    createdAt: number('createdAt'),
    counts: readCounts(hash),
    failures: Object.fromEntries(failures),
    possiblyPaidTwice: number('sum:x'),
    creditsSpent: number('sum:c'),
    budget: hash['budget'] === undefined ? null : number('budget'),
    bytes: number('sum:n'),
    dearer: readDearer(hash['dearer']),
    isPaused: hash['paused'] === '1',
    priority: Number(hash['weight'] ?? 1),
  };
}

function readDearer(text: string | undefined): Batch['dearer'] {
  const [announced, costs] = (text ?? '').split(' ').filter(Boolean).map(Number);
  return announced === undefined || costs === undefined ? null : { announced, costs };
}

export function readCounts(hash: Readonly<Record<string, string>>): StateCounts {
  return Object.fromEntries(itemStates.map((state) => [state, Number(hash[state] ?? 0)])) as StateCounts;
}

/** How many items are unfinished without waiting for a person; 0 means that the batch has ended. */
export function unfinished(counts: StateCounts): number {
  return activeStates.reduce((sum, state) => sum + counts[state], 0);
}

export function totalOf(counts: StateCounts): number {
  return itemStates.reduce((sum, state) => sum + counts[state], 0);
}
