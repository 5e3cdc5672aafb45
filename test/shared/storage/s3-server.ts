/**
 * A server that speaks S3, from npm, with one bucket in a temporary folder. It does not know how to abort or
 * list multipart uploads, and reckons the signature of a listing from another path, so those calls are answered here, from
 * its own folder of uploads. It shows objects while they are written, which S3 never does: here they appear whole.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver, { type Context } from '@20minutes/s3rver';
import { type Clock, systemClock } from '../../../src/shared/clock.ts';
import { createStorage } from '../../../src/shared/storage/create-storage.ts';
import type { Storage } from '../../../src/shared/storage/storage.ts';

export const s3Credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

/** What answers a request; `next` answers it as usual. */
export type Answer = (context: Context, next: () => Promise<void>) => Promise<void>;

export interface S3Server {
  readonly endpoint: string;
  /** What STORAGE_URL has to be. @param port that leads to the server; else its own */
  urlFor(port?: number): string;
  open(prefix?: string, clock?: Clock): Promise<Storage>;
  /** Keys of objects under the prefix, pieces of open uploads as `unfinished/…`. */
  list(): Promise<string[]>;
  /** What an object under the prefix holds. */
  read(key: string): Promise<Buffer>;
  /** From now on every request is answered by this; null: as usual. */
  answerBy(answer: Answer | null): void;
  stop(): Promise<void>;
}

const UPLOADS = '._S3rver_uploads';
const OBJECT_SUFFIX = '._S3rver_object';
const PREFIX = 'some/prefix';

export async function startS3Server(): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), 'kie-batch-s3-'));
  const bucket = join(directory, 'videos');
  const configureBuckets = [{ name: 'videos' }];
  const server = new S3rver({ address: '127.0.0.1', port: 0, directory, silent: true, configureBuckets });
  putWhole(server.store);
  let answerOfAll: Answer | null = null;
  server.middleware.unshift((context, next) => answerUploads(context, next, bucket));
  server.middleware.unshift((context, next) => (answerOfAll ?? ((_, usual) => usual()))(context, next));
  const { port } = await server.run();
  const endpoint = `http://127.0.0.1:${port}`;
  const url = (prefix: string, to = port) =>
    `s3://videos/${prefix}?region=us-east-1&endpoint=http://127.0.0.1:${to}&forcePathStyle=true`;
  return {
    endpoint,
    urlFor: (to) => url(PREFIX, to),
    open: (prefix = PREFIX, clock = systemClock) => createStorage(url(prefix), { clock, s3Credentials }),
    list: () => listObjects(bucket),
    read: (key) => readFile(join(bucket, PREFIX, `${key}${OBJECT_SUFFIX}`)),
    answerBy(answer) {
      answerOfAll = answer;
    },
    async stop() {
      await server.close();
      await rm(directory, { recursive: true });
    },
  };
}

function putWhole(store: S3rver['store']): void {
  const putContent = store.putContent.bind(store);
  store.putContent = async (path, content) => {
    const passing = `${path}.${randomUUID()}`;
    const written = await putContent(passing, content);
    await rename(passing, path);
    return written;
  };
}

async function answerUploads(context: Context, next: () => Promise<void>, bucket: string): Promise<void> {
  const { uploadId, prefix } = context.query;
  const uploads = join(bucket, UPLOADS);
  if (context.method === 'DELETE' && uploadId !== undefined) {
    await rm(join(uploads, uploadId), { recursive: true, force: true });
    context.status = 204;
  } else if (context.method === 'GET' && 'uploads' in context.query) {
    context.type = 'application/xml';
    context.body = await listUploads(uploads);
  } else if (context.method === 'GET' && 'list-type' in context.query) {
    context.type = 'application/xml';
    context.body = await listFolder(bucket, prefix ?? '');
  } else await next();
}

async function listUploads(uploads: string): Promise<string> {
  const ids = await readdir(uploads).catch(() => []);
  const entries = ids.map(async (id) => {
    const key = await readFile(join(uploads, id, 'key'), 'utf8');
    const initiated = (await stat(join(uploads, id, 'key'))).mtime.toISOString();
    return `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${initiated}</Initiated></Upload>`;
  });
  return `<ListMultipartUploadsResult>${(await Promise.all(entries)).join('')}</ListMultipartUploadsResult>`;
}

/** The objects directly in a folder. */
async function listFolder(bucket: string, folder: string): Promise<string> {
  const names = await readdir(join(bucket, folder)).catch(() => []);
  const objects = names.filter((name) => name.endsWith(OBJECT_SUFFIX));
  const entries = objects.map(async (name) => {
    const modified = (await stat(join(bucket, folder, name))).mtime.toISOString();
    const key = `${folder}/${name.replace(OBJECT_SUFFIX, '')}`;
    return `<Contents><Key>${key}</Key><LastModified>${modified}</LastModified></Contents>`;
  });
  return `<ListBucketResult>${(await Promise.all(entries)).join('')}</ListBucketResult>`;
}

async function listObjects(bucket: string): Promise<string[]> {
  const entries = await readdir(bucket, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(bucket.length + 1))
    .filter((name) => name.startsWith(UPLOADS) || name.endsWith(OBJECT_SUFFIX))
    .map((name) =>
      name.startsWith(UPLOADS)
        ? `unfinished/${name}`
        : name.replace(`${PREFIX}/`, '').replace(OBJECT_SUFFIX, ''),
    )
    .sort();
}
