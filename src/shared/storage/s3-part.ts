/**
 * One unfinished result in S3: a multipart upload that is fed while the result arrives. Nothing is visible before the
 * commit completes the upload, and abandoning a part removes its uploaded pieces. Bytes in a multipart upload cannot be
 * read back, so a part lives within one call: after an interruption the upload continues, but a later process starts
 * over. A result whose label is placed among its bytes is first uploaded under a temporary name and copied from there
 * through this process, piece by piece.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { applyEdits, type Edit } from '../media/edits.ts';
import { s3StorageError } from './s3-error.ts';
import type { Part, ResultPlace, RewrittenFacts, SourceIdentity } from './storage.ts';

export interface S3PartPlace {
  readonly client: S3Client;
  readonly bucket: string;
  /** The key it was opened with. */
  readonly key: string;
  /** A separate key for what is copied before it is a result. */
  readonly passingKey: string;
  /** A key as the bucket has it. */
  readonly objectKey: (key: string) => string;
  /** A key as users see it. */
  readonly locate: (key: string) => string;
  readonly read: (key: string) => AsyncIterable<Buffer>;
  readonly remove: (key: string) => Promise<void>;
  readonly putSidecar: (key: string, content: object) => Promise<unknown>;
}

/** Pieces on their way at once: with their size this bounds the memory of an upload to about 15 MiB. */
const PIECES_AT_ONCE = 2;
const PIECE_BYTES = 5 * 1024 * 1024;

/** Waits here until the place is known, or until the kind of the result surely is. */
const FEED_BYTES = 1024 * 1024;

const DEFAULT_TYPE = 'application/octet-stream';

export function openS3Part(part: S3PartPlace): Part {
  let identity: SourceIdentity | undefined;
  let receivedBytes = 0;
  let place: ResultPlace = { key: part.key, contentType: DEFAULT_TYPE, willRewrite: false };
  let feed: PassThrough | undefined;
  let done: Promise<unknown> | undefined;
  let passed = false;

  function openFeed(): PassThrough {
    feed = new PassThrough({ highWaterMark: FEED_BYTES });
    feed.on('error', () => undefined);
    return feed;
  }

  function start(key: string): void {
    if (feed === undefined || done !== undefined) return;
    const Body = feed;
    const upload = new Upload({
      client: part.client,
      queueSize: PIECES_AT_ONCE,
      partSize: PIECE_BYTES,
      params: { Bucket: part.bucket, Key: part.objectKey(key), Body, ContentType: place.contentType },
    });
    done = upload.done();
    // An upload that fails stops reading: the writer below must not wait for it.
    done.catch((error: Error) => Body.destroy(error));
  }

  function startReceiving(): void {
    passed ||= done === undefined && place.willRewrite;
    start(passed ? part.passingKey : place.key);
  }

  async function giveUp(): Promise<void> {
    feed?.destroy(new Error('the upload was given up'));
    await done?.catch(() => undefined);
    if (passed) await part.remove(part.passingKey).catch(() => undefined);
    [feed, done, identity, receivedBytes, passed] = [undefined, undefined, undefined, 0, false];
  }

  async function failure(error: unknown): Promise<never> {
    const cause = await done?.then(
      () => error,
      (reason: unknown) => reason,
    );
    throw s3StorageError(cause ?? error, part.locate(place.key));
  }

  async function feedOn(chunk: Buffer): Promise<void> {
    if (feed === undefined) throw new Error(`nothing was begun for ${part.locate(place.key)}`);
    if (feed.destroyed) await failure(feed.errored);
    if (!feed.write(chunk)) await once(feed, 'drain').catch(failure);
  }

  async function complete(): Promise<void> {
    feed?.end();
    try {
      await done;
    } catch (error) {
      throw s3StorageError(error, part.locate(place.key));
    }
    [feed, done] = [undefined, undefined];
  }

  async function rewrite(edits: readonly Edit[]): Promise<RewrittenFacts> {
    await complete();
    openFeed();
    start(place.key);
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of applyEdits(part.read(part.passingKey), edits)) {
      hash.update(chunk);
      bytes += chunk.length;
      await feedOn(chunk);
    }
    return { bytes, sha256: hash.digest('hex') };
  }

  return {
    survivesSuspend: false,
    get identity() {
      return identity;
    },
    get receivedBytes() {
      return receivedBytes;
    },
    async *replay() {},
    async begin(newIdentity) {
      await giveUp();
      identity = newIdentity;
      openFeed();
    },
    place(placed) {
      place = placed;
      startReceiving();
    },
    get canRewrite() {
      return passed;
    },
    rewrite,
    async write(chunk) {
      receivedBytes += chunk.length;
      if (receivedBytes >= FEED_BYTES) startReceiving();
      await feedOn(chunk);
    },
    async commit(sidecar) {
      startReceiving();
      await complete();
      if (passed) await part.remove(part.passingKey).catch(() => undefined);
      passed = false;
      if (sidecar !== undefined) await part.putSidecar(place.key, sidecar);
      return { kind: 'committed', file: part.locate(place.key) };
    },
    suspend: giveUp,
    discard: giveUp,
  };
}
