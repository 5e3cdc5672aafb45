/** One sample of the soak: what each process and Redis hold, as a line, and how far the vendor's limit was used. */
import type { Ledger } from '../../src/shared/ledger/ledger.ts';
import type { Served } from '../served.ts';
import {
  type Environment,
  figuresOf,
  type ProcessFigures,
  type Started,
  type Vendor,
  type VendorCounts,
} from './processes.ts';
import type { RedisFigures, RedisMeter } from './redis-figures.ts';

export interface Soak {
  readonly environment: Environment;
  readonly folder: string;
  readonly ledger: Ledger;
  readonly vendor: Vendor;
  readonly worker: Started;
  readonly served: Served;
  readonly meter: RedisMeter;
  /** Saved links whose records `--remove` has removed. */
  removedLinks: number;
}

export interface Sample {
  readonly atMs: number;
  readonly saved: number;
  /** Saved links with a record in Redis. */
  readonly kept: number;
  readonly failed: number;
  readonly batches: number;
  readonly worker: ProcessFigures;
  readonly serve: ProcessFigures;
  readonly redisServer: ProcessFigures;
  readonly redis: RedisFigures;
  readonly vendor: VendorCounts;
}

const tasksPerSecond = 2;

export async function takeSample(system: Soak): Promise<Sample> {
  const { worker, served, meter, ledger, vendor, removedLinks } = system;
  const { saved, failed } = await ledger.counts();
  return {
    atMs: performance.now(),
    saved: saved + removedLinks,
    kept: saved,
    failed,
    batches: (await ledger.batchNames()).length,
    worker: await figuresOf('worker', worker.pid),
    serve: await figuresOf('serve', served.pid),
    redisServer: await figuresOf('Redis', meter.serverPid),
    redis: await meter.read(),
    vendor: await vendor.counts(),
  };
}

const columns = [7, 20, 20, 20, 11, 8, 8, 7, 6, 9, 8, 8, 9] as const;
const inColumns = (cells: readonly (string | number)[]) =>
  cells.map((cell, at) => String(cell).padStart(columns[at] ?? 8)).join('');
export const heading = `MiB of RSS / open handles / threads\n${inColumns([
  ...['minute', 'worker', 'serve', 'Redis', 'used MiB', 'clients', 'keys', 'others', 'jobs'],
  ...['batches', 'saved', 'failed', 'refused'],
])}`;

export function lineOf(sample: Sample, sinceMs: number): string {
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  const { redis } = sample;
  const processes = [sample.worker, sample.serve, sample.redisServer].map(
    ({ rssBytes, handles, threads }) => `${mib(rssBytes)} / ${handles} / ${threads}`,
  );
  return inColumns([
    ...[(sinceMs / 60_000).toFixed(1), ...processes, mib(redis.usedBytes), redis.clients, redis.keys],
    ...[redis.lengths.size, redis.jobs, sample.batches, sample.saved, sample.failed, sample.vendor.refused],
  ]);
}

/** Without the first sample, which may lie in the burst at the start. */
export function describeLimit([, first, ...rest]: readonly Sample[]): string {
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return '';
  const admitted = ({ vendor }: Sample) => vendor.createCalls - vendor.refused;
  const allowed = ((last.atMs - first.atMs) / 1000) * tasksPerSecond;
  const share = ((admitted(last) - admitted(first)) / allowed) * 100;
  const { createCalls, refused, queries } = last.vendor;
  return `${share.toFixed(1)} % of the limit was used; ${refused} of ${createCalls} create calls were refused; ${queries} queries; ${last.saved} links saved, ${last.failed} failed`;
}
