/**
 * The vendor's price list, cached: read at most once a day, and stored in the cache folder with its time. A slow or
 * unreachable list delays nothing by more than two seconds and fails nothing; then the cached one is used, else the
 * definitions. One per process, wired by the session.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Proxies } from '../outgoing/proxies.ts';
import { type PriceRecord, priceRecordSchema, readPriceList } from '../vendor/price-list.ts';

export interface KnownPrices {
  readonly records: readonly PriceRecord[];
  /** Unix milliseconds. */
  readonly readAt: number;
}

export interface PriceList {
  /** Null before any was read. */
  known(): KnownPrices | null;
  /** Reads it where it is older than a day; resolves within about two seconds, whatever happens. */
  freshen(): Promise<void>;
  /** Reads it now, whatever its age. @returns whether it answered */
  refresh(): Promise<boolean>;
  /** Until the end of the process, in the background: for processes that run for days. */
  keepFresh(): void;
  close(): void;
}

export interface PriceListDeps {
  readonly baseUrl: string;
  readonly proxies?: Proxies | undefined;
  /** Where it is kept. */
  readonly folder: string;
  readonly clock: Clock;
  /** Default 2 s. */
  readonly timeoutMs?: number;
}

const dayMs = 24 * 3_600_000;
/** After a failure it is left alone for so long. */
const restMs = 10 * 60_000;
const lookEveryMs = 3_600_000;
/** Vendors and simulators that were used from here. */
const mostFiles = 20;
const keptSchema = z.object({
  baseUrl: z.string(),
  readAt: z.number(),
  records: z.array(priceRecordSchema).max(5000).readonly(),
});

export function createPriceList({
  baseUrl,
  proxies,
  folder,
  clock,
  timeoutMs = 2000,
}: PriceListDeps): PriceList {
  const digest = createHash('sha256').update(baseUrl).digest('hex').slice(0, 12);
  const file = join(folder, `${digest}.json`);
  let known = readKept(file, baseUrl);
  let reading: Promise<boolean> | null = null;
  let failedAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  async function read(): Promise<boolean> {
    const records = await readPriceList({ baseUrl, proxies, timeoutMs }).catch(() => null);
    if (records === null || records.length === 0) {
      failedAt = performance.now();
      return false;
    }
    known = { records, readAt: clock.now() };
    // A folder that cannot be written, or does not answer, only causes another reading.
    void keep(file, { baseUrl, ...known }).catch(() => undefined);
    return true;
  }

  function refresh(): Promise<boolean> {
    reading ??= read().finally(() => {
      reading = null;
    });
    return reading;
  }

  async function freshen(): Promise<void> {
    const ageMs = known === null ? Number.POSITIVE_INFINITY : clock.now() - known.readAt;
    // A future time is not an age: a clock was changed.
    if ((ageMs >= 0 && ageMs < dayMs) || performance.now() - failedAt < restMs) return;
    await refresh();
  }

  return {
    known: () => known,
    freshen,
    refresh,
    keepFresh() {
      if (timer !== undefined) return;
      timer = setInterval(freshen, lookEveryMs).unref();
      void freshen();
    },
    close: () => clearInterval(timer),
  };
}

/** Null for a file that is not there, or not one of ours. */
function readKept(file: string, baseUrl: string): KnownPrices | null {
  try {
    const kept = keptSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    return kept.baseUrl === baseUrl ? { records: kept.records, readAt: kept.readAt } : null;
  } catch {
    return null;
  }
}

async function keep(file: string, content: z.input<typeof keptSchema>): Promise<void> {
  const folder = join(file, '..');
  await mkdir(folder, { recursive: true });
  const part = `${file}.${process.pid}.part`;
  await writeFile(part, JSON.stringify(content));
  await rename(part, file);
  await forgetOldest(folder);
}

async function forgetOldest(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.length <= mostFiles) return;
  const files = names.map(async (name) => {
    const path = join(folder, name);
    return { path, at: (await stat(path)).mtimeMs };
  });
  const newestFirst = (await Promise.all(files)).sort((one, other) => other.at - one.at);
  await Promise.all(newestFirst.slice(mostFiles).map(({ path }) => rm(path, { force: true })));
}
