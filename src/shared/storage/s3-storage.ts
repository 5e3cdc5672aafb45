/**
 * Results in a bucket of S3 or anything that speaks its protocol. Loaded only for `s3://` storages. An
 * object appears whole or not at all, which is what the bucket promises; what is ours to keep is that
 * given-up uploads leave no pieces behind.
 */

import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type MultipartUpload,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Clock } from '../clock.ts';
import { isMissingObject, s3StorageError } from './s3-error.ts';
import type { S3Location } from './s3-location.ts';
import { openS3Part } from './s3-part.ts';
import { type Storage, sidecarKey, sidecarText } from './storage.ts';
import { assertKey } from './storage-key.ts';

export interface S3StorageDeps {
  readonly clock: Clock;
  /** Default: wherever the SDK finds them. */
  readonly s3Credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export function createS3Storage(location: S3Location, deps: S3StorageDeps): Storage {
  const { bucket, prefix } = location;
  const client = connect(location, deps);
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

  async function remove(key: string): Promise<void> {
    await guarded(key, () => client.send(new DeleteObjectCommand(place(key))));
  }

  async function readText(key: string): Promise<string | undefined> {
    const object = await unlessMissing(() => client.send(new GetObjectCommand(place(key))));
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

  return {
    name: base,
    locate: (key) => base + key,
    async openPart(key) {
      return openS3Part({
        client,
        bucket,
        objectKey: place(key).Key,
        file: base + key,
        putSidecar: (content) => putSidecar(key, content),
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
    async stat(key) {
      const head = () => unlessMissing(() => client.send(new HeadObjectCommand(place(key))));
      const found = await guarded(key, head);
      if (found === undefined) return undefined;
      return { bytes: found.ContentLength ?? 0, modifiedAt: found.LastModified?.getTime() ?? 0 };
    },
    async *read(key, range) {
      const wanted = range === undefined ? {} : { Range: `bytes=${range.first}-${range.last}` };
      const object = await guarded(key, () =>
        client.send(new GetObjectCommand({ ...place(key), ...wanted })),
      );
      if (object.Body instanceof Readable) yield* object.Body;
    },
    async remove(key) {
      await remove(key);
      await remove(sidecarKey(key));
    },
    clearParts: async () => undefined,
    removeAbandonedParts(olderThanMs) {
      const before = deps.clock.now() - olderThanMs;
      return guarded('', () =>
        abortUploads(
          prefix === '' ? '' : `${prefix}/`,
          ({ Initiated }) => (Initiated?.getTime() ?? 0) < before,
        ),
      );
    },
    freeBytes: async () => undefined,
    async probe() {
      const key = `.probe-${deps.clock.now()}.json`;
      await put(key, 'probe');
      await remove(key);
    },
    close: async () => client.destroy(),
  };
}

function connect({ region, endpoint, forcePathStyle }: S3Location, deps: S3StorageDeps): S3Client {
  return new S3Client({
    forcePathStyle,
    ...(region !== undefined && { region }),
    // Kin of S3 often do not know the newer checksum trailers; AWS itself does.
    ...(endpoint !== undefined && { endpoint, requestChecksumCalculation: 'WHEN_REQUIRED' }),
    ...(deps.s3Credentials !== undefined && { credentials: deps.s3Credentials }),
  });
}

async function unlessMissing<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (isMissingObject(error)) return undefined;
    throw error;
  }
}
