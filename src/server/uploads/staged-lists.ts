/**
 * Uploaded lists that wait for a person to enqueue them: each a file under DATA_DIR, with the chosen options next to
 * it. The file that was checked is the one that is enqueued. Removed after a day.
 */
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { link, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';

const stagedSchema = z.object({
  batch: z.string(),
  model: z.string(),
  listName: z.string(),
  inputs: z.record(z.string(), z.string()),
  /** Credits; null for no bound. */
  budget: z.number().nullable(),
  priority: z.number(),
  isPaused: z.boolean(),
  force: z.boolean(),
  upload: z.boolean().default(false),
  bytes: z.number(),
  /** Of the form whose uploaded videos belong to it. */
  form: z.string().nullable().default(null),
});
export type StagedList = z.infer<typeof stagedSchema>;
export type ListChoices = Omit<StagedList, 'bytes'>;

export interface StagedLists {
  keep(chunks: AsyncIterable<Uint8Array>): Promise<string>;
  /** The same list under another id, for other options. Null if it no longer exists. */
  keepAgain(id: string): Promise<string | null>;
  choose(id: string, choices: ListChoices): Promise<void>;
  /** Null if it was enqueued, has expired or is on another server. */
  find(id: string): Promise<StagedList | null>;
  read(id: string): AsyncIterable<Uint8Array>;
  discard(id: string): Promise<void>;
}

const keptMs = 24 * 3_600_000;
const mostKept = 50;
const idPattern = /^[0-9a-f-]{36}$/;

export function createStagedLists(dataDir: string, now: () => number): StagedLists {
  const folder = join(dataDir, 'uploads');
  const listFile = (id: string) => join(folder, `${id}.list`);
  const choicesFile = (id: string) => join(folder, `${id}.json`);

  async function discard(id: string): Promise<void> {
    await Promise.all([listFile(id), choicesFile(id)].map((file) => rm(file, { force: true })));
  }

  async function sweep(): Promise<void> {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.list'));
    const found = await Promise.all(
      names.map(async (name) => ({
        id: name.slice(0, -'.list'.length),
        at: (await stat(join(folder, name)).catch(() => null))?.mtimeMs ?? 0,
      })),
    );
    const newestFirst = found.sort((a, b) => b.at - a.at);
    const old = newestFirst.filter(({ at }, index) => index >= mostKept || now() - at > keptMs);
    await Promise.all(old.map(({ id }) => discard(id)));
  }

  async function makeRoom(): Promise<string> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await sweep();
    return randomUUID();
  }

  return {
    async keep(chunks) {
      const id = await makeRoom();
      try {
        await pipeline(Readable.from(chunks), createWriteStream(listFile(id), { mode: 0o600 }));
        return id;
      } catch (error) {
        await discard(id);
        throw error;
      }
    },
    async keepAgain(id) {
      if (!idPattern.test(id)) return null;
      const again = await makeRoom();
      return link(listFile(id), listFile(again)).then(
        () => again,
        () => null,
      );
    },
    async choose(id, choices) {
      const { size } = await stat(listFile(id));
      await writeFile(choicesFile(id), JSON.stringify({ ...choices, bytes: size }), { mode: 0o600 });
    },
    async find(id) {
      if (!idPattern.test(id)) return null;
      const text = await readFile(choicesFile(id), 'utf8').catch(() => null);
      return text === null ? null : (stagedSchema.safeParse(JSON.parse(text)).data ?? null);
    },
    read: (id) => createReadStream(listFile(id), { highWaterMark: 64 * 1024 }),
    discard,
  };
}
