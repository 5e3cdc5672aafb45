/**
 * The source `s3://…`: one object, or every object whose key starts with a prefix. The bucket's own ETag says
 * whether an object is what it was, and is demanded again when it is read. Loaded only where it is used.
 */
import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { connectS3, type S3Credentials } from '../../shared/storage/s3-client.ts';
import type { Finding, Marks, Source } from './source.ts';
import type { BucketAddress } from './source-address.ts';
import { SourceError } from './source-error.ts';

export interface BucketSourceDeps {
  readonly maxBytes: number;
  /** Default: wherever the SDK finds them. */
  readonly s3Credentials?: S3Credentials;
}

interface FoundObject {
  readonly key: string;
  readonly etag: string;
  readonly sizeBytes: number;
}

export function createBucketSource(address: string, place: BucketAddress, deps: BucketSourceDeps): Source {
  return {
    address,
    async *look(marks, signal) {
      const client = connectS3(place, deps.s3Credentials);
      try {
        for await (const object of objectsOf(client, place, signal)) {
          yield findingOf(client, place, object, marks, deps.maxBytes, signal);
        }
      } finally {
        client.destroy();
      }
    },
  };
}

function findingOf(
  client: S3Client,
  { bucket }: BucketAddress,
  { key, etag, sizeBytes }: FoundObject,
  marks: Marks,
  maxBytes: number,
  signal: AbortSignal,
): Finding {
  const name = `s3://${bucket}/${key}`;
  if (marks.get(key) === etag) return { found: 'unchanged', key, name };
  if (sizeBytes > maxBytes) {
    return { found: 'failed', key, name, problem: `it is larger than ${maxBytes} bytes (MAX_LIST_BYTES)` };
  }
  const read = () =>
    client.send(new GetObjectCommand({ Bucket: bucket, Key: key, IfMatch: etag }), { abortSignal: signal });
  return {
    found: 'list',
    key,
    name,
    list: {
      name,
      chunks: {
        async *[Symbol.asyncIterator]() {
          const { Body } = await read();
          if (Body instanceof Readable) yield* Body;
        },
      },
    },
    mark: async () => etag,
  };
}

async function* objectsOf(
  client: S3Client,
  place: BucketAddress,
  signal: AbortSignal,
): AsyncGenerator<FoundObject> {
  try {
    if (place.isPrefix) yield* listedObjects(client, place, signal);
    else yield await singleObject(client, place, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(place, error);
  }
}

async function* listedObjects(
  client: S3Client,
  { bucket, key: prefix }: BucketAddress,
  signal: AbortSignal,
): AsyncGenerator<FoundObject> {
  let next: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: next }),
      { abortSignal: signal },
    );
    for (const { Key, ETag, Size } of page.Contents ?? []) {
      // A key that ends in a slash is what consoles make for a folder.
      if (Key !== undefined && ETag !== undefined && !Key.endsWith('/')) {
        yield { key: Key, etag: ETag, sizeBytes: Size ?? 0 };
      }
    }
    next = page.NextContinuationToken;
  } while (next !== undefined);
}

async function singleObject(
  client: S3Client,
  { bucket, key }: BucketAddress,
  signal: AbortSignal,
): Promise<FoundObject> {
  const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), {
    abortSignal: signal,
  });
  return { key, etag: head.ETag ?? '', sizeBytes: head.ContentLength ?? 0 };
}

function unreachable({ bucket, key }: BucketAddress, error: unknown): SourceError {
  const name = error instanceof Error ? error.name : String(error);
  const why =
    error instanceof S3ServiceException && (name === 'NotFound' || name === 'NoSuchKey')
      ? 'there is no such object'
      : `${name}; check the bucket, the region, the endpoint and the permissions of the credentials`;
  return new SourceError('source-unreachable', `s3://${bucket}/${key} cannot be read: ${why}.`, {
    cause: error,
  });
}
