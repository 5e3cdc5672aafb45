/**
 * Each worker writes its create calls to a file in DATA_DIR before it sends them. A power failure can lose the last
 * second of a Redis on the same machine together with the workers' memory; then the tasks of that second are recorded
 * nowhere else. The file is read by the next worker that starts with this DATA_DIR, and by running workers when Redis
 * has restarted. It keeps the last minute. Calls are also made while DATA_DIR cannot be written or does not answer.
 */
import { appendFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { redisRunPolicy } from '../shared/policy.ts';
import { isErrorWithCode } from '../shared/redis/error-code.ts';
import { withTimeout } from '../shared/time/with-timeout.ts';
import type { RecentCall } from './recent-calls.ts';
import type { WorkerContext } from './worker-context.ts';

const storedCall = z.object({
  prefix: z.string(),
  /** The run of Redis that it was recorded in: that one has not forgotten it. */
  run: z.string(),
  itemId: z.string(),
  attempts: z.number(),
  possiblyPaidTwice: z.number(),
  price: z.union([
    z.literal('unknown'),
    z.object({
      credits: z.number(),
      base: z.number(),
      per: z.object({ credits: z.number(), unit: z.enum(['task', 'second']) }).optional(),
    }),
  ]),
  taskId: z.string().nullable(),
  /** No task was made, or the call did not leave. */
  isUnpaid: z.boolean(),
  at: z.number(),
});
type StoredCall = z.infer<typeof storedCall>;

export interface CallJournal {
  /** A call that is about to leave. Resolves once it is on disk, or is sure not to get there. */
  write(itemId: string, call: RecentCall): Promise<void>;
  /** What became of it: on disk soon. */
  note(itemId: string, call: RecentCall, isUnpaid: boolean): void;
}

type JournalDeps = Pick<WorkerContext, 'dataDir' | 'prefix' | 'workerId' | 'logger'> & {
  /** The run of Redis that this worker talks to, '' while it is not known. */
  readonly redisRun: () => string;
};

const folderIn = (dataDir: string) => join(dataDir, 'create-calls');
const ending = '.jsonl';
const mostBytes = 1024 * 1024;
const noteAfterMs = 100;

export function createCallJournal({ dataDir, prefix, workerId, logger, redisRun }: JournalDeps): CallJournal {
  const folder = folderIn(dataDir);
  const path = join(folder, `${workerId}${ending}`);
  let lines: string[] = [];
  let next: Promise<void> | null = null;
  let last: Promise<void> = Promise.resolve();
  let hasFailed = false;
  let bytes = 0;
  let shortenAt = mostBytes;

  function flush(): Promise<void> {
    if (next === null) {
      next = last.then(writeAll);
      last = next;
    }
    return next;
  }

  /** All calls that arrive during a write go into the next one. */
  async function writeAll(): Promise<void> {
    const text = lines.join('');
    lines = [];
    next = null;
    if (text === '') return;
    try {
      await append(text);
      bytes += text.length;
      if (bytes > shortenAt) await shorten();
      hasFailed = false;
    } catch (error) {
      warn(error);
    }
  }

  function warn(error: unknown): void {
    if (!hasFailed)
      logger.warn({ err: error, file: path }, 'Create calls cannot be written to DATA_DIR at the moment');
    hasFailed = true;
  }

  /** Opened by name each time: another worker may have removed the file as an old one. */
  async function append(text: string): Promise<void> {
    const options = { mode: 0o600, flush: true } as const;
    try {
      if (bytes > 0) return await appendFile(path, text, options);
    } catch (error) {
      if (!isErrorWithCode(error, 'ENOENT')) throw error;
    }
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await appendFile(path, text, options);
  }

  async function shorten(): Promise<void> {
    const calls = await readCalls(path);
    const since = Date.now() - redisRunPolicy.lookBackMs;
    const kept = calls.filter(({ at }) => at >= since).map((call) => `${JSON.stringify(call)}\n`);
    const text = kept.join('');
    await writeFile(`${path}.new`, text, { flush: true, mode: 0o600 });
    await rename(`${path}.new`, path);
    bytes = text.length;
    shortenAt = Math.max(mostBytes, 2 * bytes);
  }

  function add(itemId: string, call: RecentCall, isUnpaid: boolean): void {
    const { attempts, possiblyPaidTwice, price, taskId } = call;
    const stored: StoredCall = {
      ...{ prefix, run: redisRun(), itemId, attempts, possiblyPaidTwice, price, taskId, isUnpaid },
      at: Date.now(),
    };
    lines.push(`${JSON.stringify(stored)}\n`);
  }

  return {
    async write(itemId, call) {
      add(itemId, call, false);
      if ((await withTimeout(flush(), redisRunPolicy.journalMs, 'late')) === 'late')
        warn(new Error(`it was not written within ${redisRunPolicy.journalMs / 1000} s`));
    },
    note(itemId, call, isUnpaid) {
      add(itemId, call, isUnpaid);
      if (lines.length === 1) setTimeout(flush, noteAfterMs).unref();
    },
  };
}

export interface Journal {
  readonly workerId: string;
  /** The last that is known of each link's calls, without those that made no task. */
  readonly calls: readonly (RecentCall & { readonly itemId: string; readonly run: string })[];
}

/** Of the last minute before the newest call of each file. */
export async function readJournals({
  dataDir,
  prefix,
}: Pick<WorkerContext, 'dataDir' | 'prefix'>): Promise<Journal[]> {
  const folder = folderIn(dataDir);
  return Promise.all(
    (await listFolder(folder)).map(async (name) => {
      const calls = lastOfEach(await readCalls(join(folder, name)));
      const since = Math.max(...calls.map(({ at }) => at)) - redisRunPolicy.lookBackMs;
      return {
        workerId: name.slice(0, -ending.length),
        calls: calls.filter((call) => call.prefix === prefix && !call.isUnpaid && call.at >= since),
      };
    }),
  );
}

/** Removes what was recorded, and what is too old to matter. Called when a worker starts. */
export async function removeOldJournals({ dataDir }: Pick<WorkerContext, 'dataDir'>): Promise<void> {
  const folder = folderIn(dataDir);
  for (const name of await listFolder(folder)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (found !== null && Date.now() - found.mtimeMs > redisRunPolicy.lookBackMs)
      await rm(path, { force: true });
  }
}

/** A line cut off by the power failure is skipped: its call was not sent. */
async function readCalls(path: string): Promise<StoredCall[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    try {
      return [storedCall.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });
}

function lastOfEach(calls: readonly StoredCall[]): StoredCall[] {
  return [...new Map(calls.map((call) => [`${call.prefix} ${call.itemId}`, call])).values()];
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith(ending));
  } catch (error) {
    if (isErrorWithCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
