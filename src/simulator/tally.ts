/**
 * Counts everything that tests may check. Counting is cheap (numbers and short entries per task); expensive values,
 * such as the fullest window, are computed on request.
 */
import type { FaultName } from './faults.ts';
import { greatestInWindow } from './limiters.ts';
import type { Task } from './task.ts';
import type { UploadedFile } from './uploads.ts';

export interface LinkCounts {
  /** Create calls that were let through the limit, whatever became of them. */
  admitted: number;
  readonly taskIds: string[];
}

interface DownloadCounts {
  requests: number;
  /** Requests answered with a part. */
  ranges: number;
  bytesSent: number;
}

interface CallbackCounts {
  tries: number;
  /** Answered with HTTP 200. */
  delivered: number;
  /** Given up after the last try. */
  undelivered: number;
}

export interface Tally {
  createCalls: number;
  refused: number;
  readonly admittedAtMs: number[];
  probes: number;
  queries: number;
  creditQueries: number;
  priceListCalls: number;
  keyRefusals: number;
  keyLeaks: number;
  agentRefusals: number;
  /** Links minted by download-url, by task id. */
  readonly mints: Record<string, number>;
  readonly uploads: UploadedFile[];
  uploadRefusals: number;
  readonly callbacks: CallbackCounts;
  readonly links: Map<string, LinkCounts>;
  /** By task id and index, as `id/0`. */
  readonly downloads: Map<string, DownloadCounts>;
  readonly faults: Map<FaultName, number>;
}

export function createTally(): Tally {
  return {
    createCalls: 0,
    refused: 0,
    admittedAtMs: [],
    probes: 0,
    queries: 0,
    creditQueries: 0,
    priceListCalls: 0,
    keyRefusals: 0,
    keyLeaks: 0,
    agentRefusals: 0,
    mints: {},
    uploads: [],
    uploadRefusals: 0,
    callbacks: { tries: 0, delivered: 0, undelivered: 0 },
    links: new Map(),
    downloads: new Map(),
    faults: new Map(),
  };
}

/** The entry of a key, made when it is missing. */
export function entryOf<Key, Value>(entries: Map<Key, Value>, key: Key, make: () => Value): Value {
  const entry = entries.get(key) ?? make();
  entries.set(key, entry);
  return entry;
}

/** What GET /simulator/counts and Simulator.counts() show. Instants are Unix milliseconds, as measured here. */
export interface SimulatorCounts extends Omit<Tally, 'links' | 'downloads' | 'faults'> {
  readonly tasks: number;
  readonly links: Readonly<Record<string, LinkCounts>>;
  readonly queriesByTask: Readonly<Record<string, number>>;
  readonly downloads: Readonly<Record<string, DownloadCounts>>;
  readonly faults: Readonly<Partial<Record<FaultName, number>>>;
  /** The most creates admitted in any window of the present limit's length. */
  readonly greatestInWindow: number;
  /** The most tasks unfinished at one instant. */
  readonly greatestRunning: number;
  readonly otherClientAdmitted: number;
  readonly creditsSpent: number;
  readonly creditsLeft: number;
}

export interface CountsView {
  readonly tasks: ReadonlyMap<string, Task>;
  readonly windowMs: number;
  readonly nowMs: number;
  readonly otherClientAdmitted: number;
  readonly creditsSpent: number;
  readonly creditsLeft: number;
}

/** A snapshot: nothing in it changes later. */
export function summarize(tally: Tally, { tasks, windowMs, nowMs, ...rest }: CountsView): SimulatorCounts {
  const all = [...tasks.values()];
  const { links, downloads, faults, ...counts } = structuredClone(tally);
  return {
    ...counts,
    ...rest,
    tasks: tasks.size,
    links: Object.fromEntries(links),
    queriesByTask: Object.fromEntries(all.map(({ id, queries }) => [id, queries])),
    downloads: Object.fromEntries(downloads),
    faults: Object.fromEntries(faults),
    greatestInWindow: greatestInWindow(tally.admittedAtMs, windowMs),
    greatestRunning: greatestRunning(all, nowMs),
  };
}

function greatestRunning(tasks: readonly Task[], nowMs: number): number {
  const ends = tasks.map(({ endsAtMs }) => Math.min(endsAtMs, nowMs)).sort((a, b) => a - b);
  let ended = 0;
  let greatest = 0;
  // Tasks are in the order of their creation, which is the order of createdAtMs.
  for (const [index, { createdAtMs }] of tasks.entries()) {
    while ((ends[ended] ?? nowMs) <= createdAtMs && ended < index) ended += 1;
    greatest = Math.max(greatest, index + 1 - ended);
  }
  return greatest;
}
