/**
 * Results in a bucket of S3 or anything that speaks its protocol. Loaded only for `s3://` storages. An
 * object appears whole or not at all, which is what the bucket promises; what is ours to keep is that
 * given-up uploads leave no pieces behind.
 */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type MultipartUpload,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Clock } from '../clock.ts';
import { mediaEndings } from '../media/media-kind.ts';
import { connectS3, type S3Credentials } from './s3-client.ts';
import { isMissingObject, s3StorageError } from './s3-error.ts';
import type { S3Location } from './s3-location.ts';
import { openS3Part } from './s3-part.ts';
import {
  type ByteRange,
  type Storage,
  type StoredObject,
  sidecarKey,
  sidecarText,
  withEnding,
} from './storage.ts';
import { unlessMissing } from './storage-error.ts';
import { assertKey } from './storage-key.ts';

/** Holds what is copied before it is a result, next to the folders of the batches. */
const PASSING_FOLDER = '.unfinished';

export interface S3StorageDeps {
  readonly clock: Clock;
  /** Default: wherever the SDK finds them. */
  readonly s3Credentials?: S3Credentials;
}

export function createS3Storage(location: S3Location, deps: S3StorageDeps): Storage {
  const { bucket, prefix } = location;
  const client = connectS3(location, deps.s3Credentials);
  const base = `s3://${bucket}/${prefix === '' ? '' : `${prefix}/`}`;

  function place(key: string): { readonly Bucket: string; readonly Key: string } {
    assertKey(key);
    return { Bucket: bucket, Key: prefix === '' ? key : `${prefix}/${key}` };
  }

  async function guarded<T>(key: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw s3StorageError(error, base + key);
    }
  }

  async function put(key: string, text: string): Promise<string> {
    const object = { ...place(key), Body: text, ContentType: 'application/json' };
    await guarded(key, () => client.send(new PutObjectCommand(object)));
    return base + key;
  }

  async function putSidecar(key: string, content: object): Promise<string> {
    assertKey(key);
    return put(sidecarKey(key), sidecarText(content));
  }

  async function stat(key: string): Promise<StoredObject | undefined> {
    const head = () => unlessMissing(isMissingObject, () => client.send(new HeadObjectCommand(place(key))));
    const found = await guarded(key, head);
    if (found === undefined) return undefined;
    return { bytes: found.ContentLength ?? 0, modifiedAt: found.LastModified?.getTime() ?? 0 };
  }

  async function* read(key: string, range?: ByteRange): AsyncGenerator<Buffer> {
    const wanted = range === undefined ? {} : { Range: `bytes=${range.first}-${range.last}` };
    const object = await guarded(key, () => client.send(new GetObjectCommand({ ...place(key), ...wanted })));
    try {
      if (object.Body instanceof Readable) yield* object.Body;
    } catch (error) {
      throw s3StorageError(error, base + key);
    }
  }

  async function remove(key: string): Promise<void> {
    await guarded(key, () => client.send(new DeleteObjectCommand(place(key))));
  }

  async function readText(key: string): Promise<string | undefined> {
    const object = await unlessMissing(isMissingObject, () => client.send(new GetObjectCommand(place(key))));
    return object?.Body?.transformToString('utf8');
  }

  async function abortUploads(
    keyPrefix: string,
    isAbandoned: (upload: MultipartUpload) => boolean,
  ): Promise<number> {
    const { Uploads = [] } = await client.send(
      new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: keyPrefix }),
    );
    const abandoned = Uploads.filter(isAbandoned);
    for (const { Key, UploadId } of abandoned) {
      await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
    }
    return abandoned.length;
  }

  /** What a killed process was copying. */
  async function removePassing(before: number): Promise<number> {
    const Prefix = place(PASSING_FOLDER).Key;
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }));
    const abandoned = Contents.filter(({ LastModified }) => (LastModified?.getTime() ?? before) < before);
    for (const { Key } of abandoned) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
    return abandoned.length;
  }

  return {
    name: base,
    locate: (key) => base + key,
    async openPart(key) {
      assertKey(key);
      return openS3Part({
        client,
        bucket,
        key,
        passingKey: `${PASSING_FOLDER}/${randomUUID()}`,
        objectKey: (each) => place(each).Key,
        locate: (each) => base + each,
        read,
        remove,
        putSidecar,
      });
    },
    putSidecar,
    async readSidecar(key) {
      const text = await guarded(key, () => readText(sidecarKey(key)));
      try {
        return text === undefined ? undefined : (JSON.parse(text) as unknown);
      } catch {
        return undefined;
      }
    },
    stat,
    async withAnyEnding(key, endings = mediaEndings) {
      const keys = endings.map((ending) => withEnding(key, ending));
      const found = await Promise.all(keys.map(stat));
      return keys.filter((_, index) => found[index] !== undefined);
    },
    read,
    async remove(key) {
      await remove(key);
      await remove(sidecarKey(key));
    },
    clearParts: async () => undefined,
    removeAbandonedParts(olderThanMs) {
      const before = deps.clock.now() - olderThanMs;
      return guarded('', async () => {
        const isAbandoned = ({ Initiated }: MultipartUpload) => (Initiated?.getTime() ?? 0) < before;
        const aborted = await abortUploads(prefix === '' ? '' : `${prefix}/`, isAbandoned);
        return aborted + (await removePassing(before));
      });
    },
    freeBytes: async () => undefined,
    /** By an upload that is aborted: whatever fails, nothing is to be seen, and open uploads are aborted by age. */
    async probe(beside = '') {
      const key = `${beside.slice(0, beside.lastIndexOf('/') + 1)}.probe`;
      const object = place(key);
      await guarded(key, async () => {
        const { UploadId } = await client.send(new CreateMultipartUploadCommand(object));
        const upload = { ...object, UploadId };
        try {
          await client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'probe' }));
        } finally {
          await client.send(new AbortMultipartUploadCommand(upload));
        }
      });
    },
    close: async () => client.destroy(),
  };
}
