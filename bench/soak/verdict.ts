/**
 * What grew in the soak: each figure's median in the second quarter of the time, when everything has warmed up, compared
 * with its median in the last quarter. Pure.
 */
import type { Sample } from './sample.ts';

export type Figure<Of> = (of: Of) => number;

interface Row {
  readonly name: string;
  readonly of: Figure<Sample>;
  readonly unit?: 'MiB';
  /** What is a leak; unset: growth is reported, not judged. */
  readonly isLeak?: (before: number, after: number) => boolean;
}

const mib = 2 ** 20;
/** `npm run bench -- ledger`. */
const savedLinkBytes = 362;
/** Before, a process still fills its caches. */
const shortestJudgedMs = 20 * 60_000;
const byTenth = (before: number, after: number) => after > before * 1.1;
const byHandles = (before: number, after: number) => after - before > 2;

const rows: readonly Row[] = [
  { name: 'worker RSS', of: ({ worker }) => worker.rssBytes, unit: 'MiB', isLeak: byTenth },
  { name: 'serve RSS', of: ({ serve }) => serve.rssBytes, unit: 'MiB', isLeak: byTenth },
  { name: 'Redis RSS', of: ({ redisServer }) => redisServer.rssBytes, unit: 'MiB' },
  { name: 'worker handles', of: ({ worker }) => worker.handles, isLeak: byHandles },
  { name: 'serve handles', of: ({ serve }) => serve.handles, isLeak: byHandles },
  { name: 'Redis handles', of: ({ redisServer }) => redisServer.handles, isLeak: byHandles },
  { name: 'Redis clients', of: ({ redis }) => redis.clients, isLeak: byHandles },
  { name: 'worker threads', of: ({ worker }) => worker.threads },
  { name: 'serve threads', of: ({ serve }) => serve.threads },
  { name: 'Redis memory', of: ({ redis }) => redis.usedBytes, unit: 'MiB' },
  {
    name: `… less ${savedLinkBytes} B a saved link`,
    of: ({ redis, kept }) => redis.usedBytes - kept * savedLinkBytes,
    unit: 'MiB',
  },
  { name: 'Redis keys', of: ({ redis }) => redis.keys },
  { name: '… of no link, batch or job', of: ({ redis }) => redis.lengths.size },
  { name: 'BullMQ jobs', of: ({ redis }) => redis.jobs },
];

export interface Verdict {
  readonly lines: readonly string[];
  readonly hasLeak: boolean;
}

/** @param samples at least four, evenly spaced */
export function judge(samples: readonly Sample[]): Verdict {
  const quarter = Math.floor(samples.length / 4);
  const [before, after] = [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)];
  const hours = (medianOf(after, ({ atMs }) => atMs) - medianOf(before, ({ atMs }) => atMs)) / 3_600_000;
  const isJudged = (samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0) >= shortestJudgedMs;
  const leaks = rows.filter(({ of, isLeak }) => isLeak?.(medianOf(before, of), medianOf(after, of)));
  const lines = rows.map((row) => {
    const mark = leaks.includes(row) ? '  GREW' : '';
    return describe(row, medianOf(before, row.of), medianOf(after, row.of), hours) + mark;
  });
  const savedMore = medianOf(after, ({ saved }) => saved) - medianOf(before, ({ saved }) => saved);
  const usedMore =
    medianOf(after, ({ redis }) => redis.usedBytes) - medianOf(before, ({ redis }) => redis.usedBytes);
  return {
    lines: [
      ...lines,
      `Redis memory: ${(usedMore / savedMore).toFixed(0)} B for each further saved link`,
      `other keys that became longer: ${longer(before.at(-1), after.at(-1)) || 'none'}`,
      ...(isJudged ? [] : ['too short to be judged: processes are still filling their caches']),
    ],
    hasLeak: isJudged && leaks.length > 0,
  };
}

function describe({ name, unit }: Row, before: number, after: number, hours: number): string {
  const shown = (value: number) =>
    unit === 'MiB' ? `${(value / mib).toFixed(1)} MiB` : String(Number(value.toFixed(1)));
  const anHour = (after - before) / hours;
  const sign = anHour < 0 ? '' : '+';
  const share = before === 0 ? '' : `, ${sign}${((anHour / before) * 100).toFixed(1)} %`;
  return `${name.padEnd(30)} ${shown(before).padStart(10)} → ${shown(after).padStart(10)}   ${sign}${shown(anHour)}${share} an hour`;
}

function longer(before: Sample | undefined, after: Sample | undefined): string {
  return [...(after?.redis.lengths ?? [])]
    .map(([name, length]) => ({ name, length, was: before?.redis.lengths.get(name) ?? 0 }))
    .filter(({ length, was }) => length > was)
    .map(({ name, length, was }) => `${name} ${was} → ${length}`)
    .join(', ');
}

function medianOf(samples: readonly Sample[], of: Figure<Sample>): number {
  return quantile(samples.map(of), 0.5);
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
}
