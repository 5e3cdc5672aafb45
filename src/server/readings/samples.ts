/**
 * The history for the charts: a sample of the totals every few seconds, in a Redis stream whose ids are the samples'
 * instants. Any number of servers may sample: Redis accepts one sample per tick and refuses the id to the others. Kept
 * for some hours, about 80 bytes each; one of every five minutes for a week. Each unfinished batch has its own history
 * in the same form, with the fine samples for an hour.
 */
import { z } from 'zod';
import type { Keyspace } from '../../shared/redis/keyspace.ts';
import type { RedisConnection } from '../../shared/redis/script.ts';

export interface Sample {
  /** Unix milliseconds, a multiple of the interval. */
  readonly at: number;
  readonly waiting: number;
  readonly atVendor: number;
  readonly downloading: number;
  /** Counts since the beginning; the charts show differences. */
  readonly saved: number;
  readonly failed: number;
  readonly admitted: number;
  readonly refused: number;
  /** The gate's limit, as tasks in ten seconds. */
  readonly limitPer10s: number;
  readonly oldestWaitingMs: number;
  /** The vendor's first byte in the last minute; 0 without an answer. */
  readonly medianMs: number;
  readonly p95Ms: number;
  /** Calls that the vendor answered with an error, since the beginning. */
  readonly throttled: number;
  readonly halted: number;
  readonly serverErrors: number;
  readonly noAnswers: number;
}

export const sampleEveryMs = 5000;
const coarseEveryMs = 5 * 60_000;
const keptCoarse = (7 * 24 * 3_600_000) / coarseEveryMs;
const keptSamples = (6 * 3_600_000) / sampleEveryMs;
const keptOfBatch = 3_600_000 / sampleEveryMs;
const keptForS = 7 * 24 * 3600;
const names = [
  'waiting',
  'atVendor',
  'downloading',
  'saved',
  'failed',
  'admitted',
  'refused',
  'limitPer10s',
  'oldestWaitingMs',
  'medianMs',
  'p95Ms',
  'throttled',
  'halted',
  'serverErrors',
  'noAnswers',
] as const satisfies readonly (keyof Sample)[];

function keysOf(prefix: string, batch?: string) {
  const fine = batch === undefined ? `${prefix}:samples` : `${prefix}:samples:batch:${batch}`;
  return { fine, coarse: `${fine}:coarse` };
}

/** How far back a chart reaches. */
export const chartSpans = { '15m': 15 * 60_000, '24h': 24 * 3_600_000, '7d': 7 * 24 * 3_600_000 } as const;
export type ChartSpan = keyof typeof chartSpans;
const entrySchema = z.tuple([z.string(), z.array(z.string())]);

/** @returns whether this sample was the first of its tick */
export async function addSample({ redis, prefix }: Keyspace, sample: Sample): Promise<boolean> {
  const { fine, coarse } = keysOf(prefix);
  const values = valuesOf(sample);
  const isFirst = await addOnce(redis, fine, keptSamples, sample.at, values);
  if (isFirst) await addOnce(redis, coarse, keptCoarse, coarseAtOf(sample), values);
  return isFirst;
}

export async function addBatchSample(
  { redis, prefix }: Keyspace,
  batch: string,
  sample: Sample,
): Promise<void> {
  const { fine, coarse } = keysOf(prefix, batch);
  const values = valuesOf(sample);
  await addOnce(redis, fine, keptOfBatch, sample.at, values);
  if (await addOnce(redis, coarse, keptCoarse, coarseAtOf(sample), values))
    await Promise.all([fine, coarse].map((key) => redis.expire(key, keptForS)));
}

function valuesOf(sample: Sample): string {
  return names.map((name) => Math.round(sample[name])).join(' ');
}

function coarseAtOf({ at }: Sample): number {
  return Math.floor(at / coarseEveryMs) * coarseEveryMs;
}

/** Counters only grow, so differences between coarse samples are as exact as between fine ones. */
async function addOnce(
  redis: RedisConnection,
  key: string,
  kept: number,
  at: number,
  values: string,
): Promise<boolean> {
  try {
    await redis.xadd(key, 'MAXLEN', '~', String(kept), `${at}-1`, 's', values);
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.includes('equal or smaller')) return false;
    throw error;
  }
}

/** Samples after an instant, the oldest first. */
export async function samplesSince(
  { redis, prefix }: Keyspace,
  after: number,
  span: ChartSpan = '15m',
  batch?: string,
): Promise<Sample[]> {
  const { fine, coarse } = keysOf(prefix, batch);
  const key = span === '15m' ? fine : coarse;
  const entries = await redis.xrange(key, `(${after}-1`, '+');
  return z.array(entrySchema).parse(entries).map(sampleOf);
}

function sampleOf([id, fields]: z.infer<typeof entrySchema>): Sample {
  const values = (fields[1] ?? '').split(' ').map(Number);
  const pairs = names.map((name, index) => [name, values[index] ?? 0] as const);
  return { ...emptySample(Number(id.split('-')[0])), ...Object.fromEntries(pairs) };
}

export function emptySample(at: number): Sample {
  const zeros = { waiting: 0, atVendor: 0, downloading: 0, saved: 0, failed: 0, admitted: 0, refused: 0 };
  const ofCalls = { medianMs: 0, p95Ms: 0, throttled: 0, halted: 0, serverErrors: 0, noAnswers: 0 };
  return { at, ...zeros, limitPer10s: 0, oldestWaitingMs: 0, ...ofCalls };
}
