/**
 * One unfinished result in S3: a multipart upload that is fed while the result arrives. Nothing is visible
 * before the commit completes the upload, and a part that is given up takes its uploaded pieces with it.
 * Bytes in a multipart upload cannot be read back, so a part lives within one call: a cut is healed while
 * the upload stays open, but a later process starts over.
 */

import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { s3StorageError } from './s3-error.ts';
import type { Part, SourceIdentity } from './storage.ts';

export interface S3PartPlace {
  readonly client: S3Client;
  readonly bucket: string;
  readonly objectKey: string;
  /** The place as users see it. */
  readonly file: string;
  readonly putSidecar: (content: object) => Promise<unknown>;
}

/** Pieces on their way at once: with their size this bounds the memory of an upload to about 15 MiB. */
const PIECES_AT_ONCE = 2;
const PIECE_BYTES = 5 * 1024 * 1024;

interface RunningUpload {
  readonly feed: PassThrough;
  readonly done: Promise<unknown>;
}

export function openS3Part(place: S3PartPlace): Part {
  let identity: SourceIdentity | undefined;
  let receivedBytes = 0;
  let running: RunningUpload | undefined;

  function start(): RunningUpload {
    const feed = new PassThrough({ highWaterMark: 1024 * 1024 });
    feed.on('error', () => undefined);
    const upload = new Upload({
      client: place.client,
      queueSize: PIECES_AT_ONCE,
      partSize: PIECE_BYTES,
      params: { Bucket: place.bucket, Key: place.objectKey, Body: feed, ContentType: 'video/mp4' },
    });
    const done = upload.done();
    // An upload that fails stops reading: the writer below must not wait for it.
    done.catch((error: Error) => feed.destroy(error));
    return { feed, done };
  }

  async function giveUp(): Promise<void> {
    const given = running;
    running = undefined;
    receivedBytes = 0;
    identity = undefined;
    given?.feed.destroy(new Error('the upload was given up'));
    await given?.done.catch(() => undefined);
  }

  async function failure(error: unknown): Promise<never> {
    const cause = await running?.done.then(
      () => error,
      (reason: unknown) => reason,
    );
    throw s3StorageError(cause ?? error, place.file);
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
      running = start();
    },
    async write(chunk) {
      if (running === undefined) throw new Error(`nothing was begun for ${place.file}`);
      const { feed } = running;
      if (feed.destroyed) await failure(feed.errored);
      receivedBytes += chunk.length;
      if (!feed.write(chunk)) await once(feed, 'drain').catch(failure);
    },
    async commit(sidecar) {
      running?.feed.end();
      try {
        await running?.done;
      } catch (error) {
        throw s3StorageError(error, place.file);
      }
      running = undefined;
      if (sidecar !== undefined) await place.putSidecar(sidecar);
      return { outcome: 'committed', file: place.file };
    },
    suspend: giveUp,
    discard: giveUp,
  };
}
