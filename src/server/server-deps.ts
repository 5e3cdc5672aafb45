/**
 * The dependencies of the operator's pages: built once by the wiring of the process. Changes of batches are passed as
 * functions (`Operations`), because server and producer only share src/shared.
 */
import type { Clock } from '../shared/clock.ts';
import type { ItemHistory } from '../shared/item-history/item-history.ts';
import type { Queues } from '../shared/jobs/catalogue.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import type { ItemSearch } from '../shared/ledger/search/item-search.ts';
import type { FailureReason } from '../shared/ledger/states.ts';
import type { Logger } from '../shared/logging/logger.ts';
import type { CostForecast } from '../shared/models/estimate.ts';
import type { ModelRegistry } from '../shared/models/load-models.ts';
import type { GivenInputs } from '../shared/models/resolve-inputs.ts';
import type { RedisConnection } from '../shared/redis/script.ts';
import type { Storage } from '../shared/storage/storage.ts';

export interface ServerDeps {
  readonly redis: RedisConnection;
  /** With its hash tag, like `{kie-batch}`. */
  readonly prefix: string;
  readonly ledger: Ledger;
  readonly search: ItemSearch;
  readonly queues: Queues;
  readonly itemHistory: ItemHistory;
  readonly models: ModelRegistry;
  /** Where videos lie; read for playing them. */
  readonly storage: Storage;
  readonly operations: Operations;
  readonly schedules: ScheduleOperations;
  /** Where uploads wait to be enqueued. */
  readonly dataDir: string;
  readonly mostListBytes: number;
  /** Where uploaded videos are kept: a folder that workers can read, or one whose files are sent through a bucket. */
  readonly videoFolder: Storage;
  readonly mostVideoBytes: number;
  readonly reserveBytes: number;
  /** Reads the balance at the vendor; null without an answer. Absent without a key. */
  readonly readCredits?: (signal: AbortSignal) => Promise<number | null>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface ScheduleRunReading {
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly by: 'schedule' | 'person';
  readonly batch: string;
  readonly accepted: number;
  readonly known: number;
  readonly invalid: number;
  readonly error: string | null;
  readonly skippedTicks: number;
}

export interface ScheduleReading {
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly source: string;
  readonly model: string;
  readonly isPaused: boolean;
  readonly maxCredits: number | null;
  /** Null when it is paused, or not planned by a worker yet. */
  readonly nextAt: number | null;
  /** The next five, Unix milliseconds. */
  readonly ticks: readonly number[];
  readonly running: { readonly startedAt: number; readonly host: string } | null;
  /** The newest first. */
  readonly runs: readonly ScheduleRunReading[];
}

interface NewScheduleRequest {
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly source: string;
  readonly model: string;
  readonly maxCredits: number | null;
}

export interface ScheduleOperations {
  list(): Promise<readonly ScheduleReading[]>;
  /** Makes one or changes the one of that name. @throws Error with a `code` when a part of it is wrong */
  put(schedule: NewScheduleRequest): Promise<void>;
  pause(name: string): Promise<void>;
  resume(name: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Has a worker run it now. */
  runNow(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface RetrySelection {
  /** Only these; unset: failed, cancelled and held ones. */
  readonly state?: 'failed' | 'cancelled' | 'held' | undefined;
  readonly reason?: FailureReason | undefined;
  /** Only items whose message belongs to this group, see groupKey in failure-groups.ts. */
  readonly message?: string | undefined;
}

export interface RetryForecast {
  readonly links: number;
  /** Of these, already paid: their tasks are polled or their results downloaded again. */
  readonly collected: number;
  /** At most so many new tasks are paid. */
  readonly newTasks: number;
  /** The price of a task; null if not known yet. */
  readonly creditsPerTask: number | null;
}

export interface InvalidEntry {
  readonly line: number;
  readonly text: string;
  readonly reason: string;
}

/** A list and what was chosen for it. */
interface ListRequest {
  readonly batch: string;
  readonly model: string;
  /** For messages; its extension hints at the format. */
  readonly listName: string;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** For all links, by the names of the model's inputs. */
  readonly inputs: GivenInputs;
  readonly force: boolean;
  /** Workers upload the videos for the vendor. */
  readonly upload?: boolean;
  /** A folder of videos: the list may name them, and the others are enqueued after it. */
  readonly videos?: string | null;
}

interface CreateRequest extends ListRequest {
  /** Credits; null or unset: no other bound than it has. */
  readonly budget?: number | null;
  /** Unset: as it is, else 1. */
  readonly priority?: number;
  /** Nothing is submitted until a person resumes it. */
  readonly isPaused?: boolean;
  readonly onInvalid: (entry: InvalidEntry) => void;
  /** Of the links enqueued so far. */
  readonly onProgress?: (taken: number) => void;
  readonly signal: AbortSignal;
}

export interface CreatedBatch {
  readonly batch: string;
  readonly total: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly alreadySaved: number;
  readonly invalid: number;
  /** What the waiting tasks are expected to cost, as it was announced. */
  readonly cost: CostForecast;
}

export interface CheckedRow {
  readonly id: string;
  readonly url: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** `repeated`: earlier in the list. `known`: unfinished, or ended without a video. */
  readonly what: 'new' | 'saved' | 'known' | 'repeated';
}

interface CheckListener {
  readonly onRow: (row: CheckedRow) => void;
  readonly onInvalid: (entry: InvalidEntry) => void;
  readonly onColumns: (text: string) => void;
  readonly signal: AbortSignal;
}

/** What people can do. Each is safe to repeat, and each number is of items. */
export interface Operations {
  /** Checks every line; changes nothing. Credits by the definition's price, null if unknown. */
  check(request: ListRequest, listener: CheckListener): Promise<{ readonly credits: number | null }>;
  /** @throws Error with a `code` of `BATCH` or `model-unknown` when the request itself is wrong */
  create(request: CreateRequest): Promise<CreatedBatch>;
  foreseeRetry(batch: string, selection: RetrySelection): Promise<RetryForecast>;
  retry(batch: string, selection: RetrySelection): Promise<number>;
  retryItem(id: string): Promise<boolean>;
  foreseeRetryOfItem(id: string): Promise<RetryForecast>;
  /** A worker reads the record of a task that a person assigns to the held link; its history shows the outcome. */
  attachTask(id: string, taskId: string): Promise<boolean>;
  /** Cancels a held link. */
  giveUp(id: string): Promise<boolean>;
  giveUpHeld(batch: string): Promise<number>;
  /** The batch's budget, including what it has spent; null removes the limit. */
  setBudget(batch: string, credits: number): Promise<void>;
  /** Waiting links stop at once, paid tasks are still collected. */
  cancel(batch: string): Promise<number>;
  pause(batch: string): Promise<void>;
  resume(batch: string): Promise<void>;
  pauseAll(): Promise<void>;
  resumeAll(): Promise<void>;
  isAllPaused(): Promise<boolean>;
  /** Runs the item's waiting status check or download now. */
  lookNow(id: string): Promise<boolean>;
  /** What a task of the model costs, as far as tasks, the price list or the definition say; else null. */
  priceOf(model: string): Promise<number | null>;
  /** Turns of this batch for each turn of a usual one. */
  setPriority(batch: string, priority: number): Promise<void>;
}
