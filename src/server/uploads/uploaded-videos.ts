/**
 * Videos that were uploaded with the form of a new batch: a folder for each form, in the folder of results or, with a
 * bucket, under DATA_DIR. Workers read them there, or get them through the bucket. Redis has the list, so every server
 * knows it. Invariant: a video stays until its batch no longer needs it, see `sweep`.
 */
import { rmdir } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import type { Batch } from '../../shared/ledger/batch.ts';
import { hasVideoEnding } from '../../shared/local-video/local-address.ts';
import { HEAD_BYTES, identifyMedia, mediaKinds } from '../../shared/media/media-kind.ts';
import type { Keyspace } from '../../shared/redis/keyspace.ts';
import { safeName } from '../../shared/storage/path-template.ts';
import type { Part, Storage } from '../../shared/storage/storage.ts';
import { StorageError } from '../../shared/storage/storage-error.ts';
import { formatBytes } from '../../shared/wording/format.ts';
import { Refusal } from '../auth/guard.ts';

export interface UploadedVideo {
  readonly name: string;
  readonly bytes: number;
}

export interface UploadedVideos {
  /**
   * Streams a video to the disk. An upload that breaks off leaves nothing.
   * @param bytes as announced; null when it was not
   * @returns its name, which may differ from the given one
   */
  put(
    form: string,
    name: string,
    chunks: AsyncIterable<Buffer>,
    bytes: number | null,
  ): Promise<UploadedVideo>;
  remove(form: string, name: string): Promise<void>;
  of(form: string): Promise<readonly UploadedVideo[]>;
  /** The absolute path of a form's folder; null when it has no video. @param form null for none */
  folderOf(form: string | null): Promise<string | null>;
  /** The batch needs them from now on. */
  keepFor(form: string, batch: string): Promise<void>;
  /** Removes the videos of batches that are saved or removed, and after a day those that no batch has. */
  sweep(): Promise<void>;
}

export interface UploadedVideosDeps extends Keyspace {
  readonly folder: Storage;
  readonly maxBytes: number;
  readonly reserveBytes: number;
  readonly batch: (name: string) => Promise<Batch | null>;
  readonly now: () => number;
}

const unclaimedMs = 24 * 3_600_000;

export function createUploadedVideos(deps: UploadedVideosDeps): UploadedVideos {
  const { redis, prefix, folder, maxBytes, now } = deps;
  // Hash: `FORM/NAME` is when it was uploaded and its bytes, `FORM` the batches that need its videos.
  const key = `${prefix}:uploaded-videos`;
  const keyOf = (form: string, name: string) => `.inputs/${form}/${name}`;

  async function judgeRoom(bytes: number | null): Promise<void> {
    if (bytes !== null && bytes > maxBytes) throw tooLarge(maxBytes);
    const free = await folder.freeBytes();
    if (free !== undefined && free - (bytes ?? 0) < deps.reserveBytes)
      throw new Refusal(
        507,
        `Not enough space: ${formatBytes(free)} are free, and MIN_FREE_BYTES must stay free.`,
      );
  }

  /** Two videos of one name are both kept. */
  async function claimName(form: string, wanted: string): Promise<string> {
    const ending = extname(wanted);
    const stem = wanted.slice(0, wanted.length - ending.length);
    for (let n = 1; ; n += 1) {
      const name = n === 1 ? wanted : `${stem}-${n}${ending}`;
      if ((await redis.hsetnx(key, `${form}/${name}`, `${now()} 0`)) === 1) return name;
    }
  }

  async function all(): Promise<Map<string, Entry>> {
    const entries = new Map<string, Entry>();
    for (const [field, text] of Object.entries(await redis.hgetall(key))) {
      const [form = '', name] = field.split(/\/(.*)/s);
      const entry = entries.get(form) ?? { videos: [], batches: [] };
      const [at = 0, bytes = 0] = text.split(' ').map(Number);
      if (name === undefined) entry.batches.push(...text.split(' '));
      else entry.videos.push({ name, bytes, at });
      entries.set(form, entry);
    }
    return entries;
  }

  async function videosOf(form: string): Promise<readonly UploadedVideo[]> {
    const videos = (await all()).get(form)?.videos ?? [];
    return videos.filter(({ bytes }) => bytes > 0).sort((a, b) => a.at - b.at);
  }

  async function remove(form: string, name: string): Promise<void> {
    if ((await redis.hdel(key, `${form}/${name}`)) === 1) await folder.remove(keyOf(form, name));
  }

  async function isNeeded({ videos, batches }: Entry): Promise<boolean> {
    const newestAt = Math.max(0, ...videos.map(({ at }) => at));
    if (now() - newestAt < unclaimedMs) return true;
    const found = await Promise.all(batches.map(deps.batch));
    return found.some((batch) => batch !== null && hasOpen(batch));
  }

  return {
    remove,
    of: videosOf,
    async put(form, given, chunks, bytes) {
      await judgeRoom(bytes);
      const source = chunks[Symbol.asyncIterator]();
      const head = await readHead(source);
      const name = await claimName(form, nameFor(given, head));
      const part = await folder.openPart(keyOf(form, name));
      try {
        const written = await writeAll(part, head, source, maxBytes);
        await part.commit();
        await redis.hset(key, `${form}/${name}`, `${now()} ${written}`);
        return { name, bytes: written };
      } catch (error) {
        await part.discard();
        await redis.hdel(key, `${form}/${name}`);
        throw error instanceof StorageError ? new Refusal(507, error.message) : error;
      }
    },
    async folderOf(form) {
      const [first] = form === null ? [] : await videosOf(form);
      return form === null || first === undefined ? null : dirname(folder.locate(keyOf(form, first.name)));
    },
    async keepFor(form, batch) {
      const before = (await redis.hget(key, form))?.split(' ') ?? [];
      await redis.hset(key, form, [...new Set([...before, batch])].join(' '));
    },
    async sweep() {
      for (const [form, entry] of await all()) {
        if (await isNeeded(entry)) continue;
        for (const { name } of entry.videos) await remove(form, name);
        await redis.hdel(key, form);
        // A folder with something else in it stays.
        await rmdir(dirname(folder.locate(keyOf(form, 'x')))).catch(() => undefined);
      }
    },
  };
}

interface Entry {
  readonly videos: (UploadedVideo & { readonly at: number })[];
  readonly batches: string[];
}

/** A link that has failed or was cancelled may be retried. */
function hasOpen({ counts }: Batch): boolean {
  const { saved: _, ...others } = counts;
  return Object.values(others).some((number) => number > 0);
}

async function readHead(source: AsyncIterator<Buffer>): Promise<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < HEAD_BYTES) {
    const { done, value } = await source.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  return head;
}

function nameFor(given: string, head: Buffer): string {
  const kind = identifyMedia(head.subarray(0, HEAD_BYTES));
  if (kind === 'unknown' || kind === 'more' || mediaKinds[kind].shows !== 'video')
    throw new Refusal(422, 'This is not a video: it does not start like MP4, MOV, WebM or MKV.');
  const name = safeName(given);
  return hasVideoEnding(name) ? name : `${name}${mediaKinds[kind].ending}`;
}

async function writeAll(
  part: Part,
  head: Buffer,
  source: AsyncIterator<Buffer>,
  maxBytes: number,
): Promise<number> {
  let bytes = head.length;
  await part.begin({ validator: undefined, totalBytes: undefined });
  await part.write(head);
  for (let next = await source.next(); !next.done; next = await source.next()) {
    bytes += next.value.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    await part.write(next.value);
  }
  return bytes;
}

function tooLarge(maxBytes: number): Refusal {
  return new Refusal(413, `At most ${formatBytes(maxBytes)} are allowed (MAX_VIDEO_BYTES).`);
}
