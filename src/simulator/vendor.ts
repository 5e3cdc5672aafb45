/**
 * The whole state of the simulated vendor, all of it in memory, and the few things every endpoint does with
 * it. simulator.ts builds one; endpoints get it handed in. Instants are Unix milliseconds with fractions,
 * because the limit is measured on them.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../shared/clock.ts';
import type { MediaKind } from '../shared/media/media-kind.ts';
import type { VideoLengths } from '../shared/video-length/video-lengths.ts';
import { type Admission, createAdmission } from './admission.ts';
import { type Balance, createBalance } from './balance.ts';
import { type Distribution, sampleMs } from './distribution.ts';
import { drawOf } from './draw.ts';
import { chooseFault, type FaultAt, type FaultOf, type FaultPlace } from './faults.ts';
import { createLimiter, type Limiter } from './limiters.ts';
import type { SimulatorSettings } from './options.ts';
import { recordOf, type VendorRecord } from './record.ts';
import type { ResultFiles } from './result-file.ts';
import { createResultShelf, type ResultShelf } from './result-shelf.ts';
import { createTally, entryOf, type LinkCounts, type Tally } from './tally.ts';
import type { Task } from './task.ts';
import type { Timers } from './timers.ts';
import type { UploadedFile } from './uploads.ts';

export interface Vendor {
  /** Replaced as a whole when settings change. */
  settings: SimulatorSettings;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly tasks: Map<string, Task>;
  readonly admission: Admission;
  readonly balance: Balance;
  readonly shelf: ResultShelf;
  readonly tally: Tally;
  readonly hooks: SimulatorHooks;
  /** By the path of their address. */
  readonly uploads: Map<string, UploadedFile>;
  readonly uploadLimiter: Limiter;
  /** Under which addresses uploads were made. */
  readonly origins: Set<string>;
  /** Of videos on this machine's loopback. */
  readonly lengths: Pick<VideoLengths, 'secondsOf'>;
}

/** What only a caller in the same process can give. */
export interface SimulatorHooks {
  /** Faults as a function of the link and the occasion; called before the rules and the rates. */
  readonly faultOf?: FaultOf;
  /** Task times as a function of the link; undefined leaves it to the option taskTime. */
  readonly taskTimeMsOf?: (link: string, count: number) => number | undefined;
  /** Prices as a function of the link; undefined leaves it to the options. */
  readonly creditsOf?: (link: string) => number | undefined;
  readonly clock?: Clock;
}

export interface VendorParts {
  readonly settings: SimulatorSettings;
  readonly hooks: SimulatorHooks;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly files: ResultFiles;
  readonly lengths: Pick<VideoLengths, 'secondsOf'>;
}

export function createVendor({ settings, hooks, clock, timers, files, lengths }: VendorParts): Vendor {
  const tasks = new Map<string, Task>();
  return {
    settings,
    uploads: new Map(),
    uploadLimiter: createLimiter('sliding-window'),
    origins: new Set(),
    lengths,
    clock,
    timers,
    tasks,
    admission: createAdmission(clock.now()),
    balance: createBalance(settings.credits),
    shelf: createResultShelf(tasks, files),
    tally: createTally(),
    hooks,
  };
}

/** The fault of this occasion, counted. */
export function faultAt<Place extends FaultPlace>(
  { settings, hooks, tally }: Vendor,
  place: Place,
  link: string,
  count: number,
): FaultAt<Place> | undefined {
  const fault = chooseFault(place, { link, count }, settings, hooks.faultOf ?? (() => undefined));
  if (fault) tally.faults.set(fault, (tally.faults.get(fault) ?? 0) + 1);
  return fault;
}

export function sampleFor(vendor: Vendor, distribution: Distribution, ...key: (string | number)[]): number {
  const { seed } = vendor.settings;
  return sampleMs(distribution, drawOf(seed, 'time', ...key), drawOf(seed, 'spread', ...key));
}

export function linkCounts({ tally }: Vendor, link: string): LinkCounts {
  return entryOf(tally.links, link, () => ({ admitted: 0, taskIds: [] }));
}

export interface TaskOrder {
  readonly model: string;
  readonly link: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly callBackUrl: string | undefined;
  readonly origin: string;
  readonly credits: number;
  /** Ends in the moment it is made. */
  readonly atOnce: boolean;
}

/** Makes the task, fixes its fate and charges it. */
export function makeTask(vendor: Vendor, { atOnce, ...order }: TaskOrder): Task {
  const { settings, tally } = vendor;
  const createdAtMs = vendor.clock.now();
  const counts = linkCounts(vendor, order.link);
  const count = counts.taskIds.length + 1;
  const fault = faultAt(vendor, 'task', order.link, count);
  const endsAtMs = createdAtMs + (atOnce ? 0 : taskTimeMs(vendor, order.link, count, fault));
  const task: Task = {
    ...order,
    id: newTaskId(order.model, createdAtMs, settings.taskIds, tally.admittedAtMs.length),
    createdAtMs,
    endsAtMs,
    recoversAtMs: fault === 'task-recovers' ? endsAtMs + settings.recoverAfterMs : undefined,
    fault,
    isBilledAnyway: settings.billFailures,
    resultKinds: resultKindsFor(settings, fault),
    resultSizeBytes: settings.resultBytes,
    queries: 0,
  };
  vendor.tasks.set(task.id, task);
  counts.taskIds.push(task.id);
  vendor.balance.charge(task);
  return task;
}

function resultKindsFor(
  { resultKinds, resultsPerTask }: SimulatorSettings,
  fault: FaultAt<'task'> | undefined,
): readonly MediaKind[] {
  const wanted = fault === 'task-several-results' ? 3 : resultsPerTask;
  const count = Math.max(wanted, resultKinds.length);
  return Array.from({ length: count }, (_, index) => resultKinds[index % resultKinds.length] ?? 'mp4');
}

function taskTimeMs(vendor: Vendor, link: string, count: number, fault: FaultAt<'task'> | undefined): number {
  if (fault === 'task-never-ends') return Number.POSITIVE_INFINITY;
  return vendor.hooks.taskTimeMsOf?.(link, count) ?? sampleFor(vendor, vendor.settings.taskTime, link, count);
}

function newTaskId(model: string, nowMs: number, form: 'hex' | 'long', serial: number): string {
  // Real long ids end in the time alone; the serial keeps two of the same millisecond apart.
  if (form === 'long') return `task_${model.replaceAll('/', '-')}_${Math.floor(nowMs)}${serial}`;
  return randomBytes(16).toString('hex');
}

/** The record at this instant. */
export function recordAt({ settings, shelf }: Vendor, task: Task, atMs: number): VendorRecord {
  const { emptyResultMs, costTimeUnit, showCredits, resultLifetimeMs, deadResultShare, resultUrls, seed } =
    settings;
  return recordOf(task, atMs, {
    emptyResultMs,
    costTimeUnit,
    showCredits,
    issueResultUrls: () =>
      shelf.urlsOf(task, {
        expiresAtMs: (resultUrls === 'fresh' ? atMs : task.endsAtMs) + resultLifetimeMs,
        firstIsDead: drawOf(seed, 'dead', task.link) < deadResultShare,
        fresh: resultUrls === 'fresh',
      }),
  });
}
