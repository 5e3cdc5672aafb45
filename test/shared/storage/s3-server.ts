/**
 * A server that speaks S3, from npm, with one bucket in a temporary folder. It does not know how to abort or
 * list multipart uploads, and reckons the signature of a listing from another path, so those calls are answered here, from its own folder of uploads.
 */

import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver, { type Context } from '@20minutes/s3rver';
import { type Clock, systemClock } from '../../../src/shared/clock.ts';
import { createStorage } from '../../../src/shared/storage/create-storage.ts';
import type { Storage } from '../../../src/shared/storage/storage.ts';

export const s3Credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

export interface S3Server {
  readonly endpoint: string;
  open(prefix?: string, clock?: Clock): Promise<Storage>;
  /** Keys of objects under the prefix, pieces of open uploads as `unfinished/…`. */
  list(): Promise<string[]>;
  /** From now on every request is answered with this status; null: as usual. */
  answerAll(status: number | null): void;
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
  let statusOfAll: number | null = null;
  server.middleware.unshift((context, next) => answerUploads(context, next, bucket));
  server.middleware.unshift(async (context, next) => {
    if (statusOfAll === null) return next();
    context.status = statusOfAll;
  });
  const { port } = await server.run();
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    endpoint,
    open: (prefix = PREFIX, clock = systemClock) =>
      createStorage(`s3://videos/${prefix}?region=us-east-1&endpoint=${endpoint}&forcePathStyle=true`, {
        clock,
        s3Credentials,
      }),
    list: () => listObjects(bucket),
    answerAll(status) {
      statusOfAll = status;
    },
    async stop() {
      await server.close();
      await rm(directory, { recursive: true });
    },
  };
}

async function answerUploads(context: Context, next: () => Promise<void>, bucket: string): Promise<void> {
  const { uploadId, prefix } = context.query;
  const uploads = join(bucket, UPLOADS);
  if (context.method === 'DELETE' && uploadId !== undefined) {
    await rm(join(uploads, uploadId), { recursive: true });
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
