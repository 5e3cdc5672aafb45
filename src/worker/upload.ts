/**
 * Brings a video of this machine to where the vendor can fetch it, just before its task is made: uploads are kept for
 * a day only. Called by the submit stage before the gate, so that nothing is paid for a file that cannot be had.
 * An upload that still stands is used again; trouble of the upload host or of the network costs the link nothing.
 */

import { randomUUID } from 'node:crypto';
import type { JobData } from '../shared/jobs/catalogue.ts';
import type { Item } from '../shared/ledger/item.ts';
import {
  isLocalAddress,
  isOfThisHost,
  type LocalPlace,
  placeOf,
} from '../shared/local-video/local-address.ts';
import { describeFileError, inspectVideo, readVideo } from '../shared/local-video/read-video.ts';
import { contentId } from '../shared/models/identify-link.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { uploadPolicy } from '../shared/policy.ts';
import { uploadKeptMs } from '../shared/vendor/facts.ts';
import type { UploadReply } from '../shared/vendor/replies.ts';
import type { HaltNews } from './announce-halt.ts';
import { backoffMs } from './backoff.ts';
import { type NotNow, uploadVideo } from './read-record.ts';
import type { WorkerContext } from './worker-context.ts';

export type ReadyVideo =
  /** `url` is what the vendor gets. */
  | { readonly kind: 'ready'; readonly url: string }
  | { readonly kind: 'unreadable'; readonly message: string }
  | { readonly kind: 'wait'; readonly delayMs: number; readonly message?: string }
  | { readonly kind: 'halted'; readonly halt: HaltNews };

export type ReadyVideoOf = (
  item: Item,
  model: ModelDefinition,
  data: JobData,
  signal: AbortSignal,
) => Promise<ReadyVideo>;

export function createUploads(context: WorkerContext): ReadyVideoOf {
  let underWay = 0;
  return async (item, model, data, signal) => {
    if (!isLocalAddress(item.url)) return { kind: 'ready', url: item.url };
    const { upload } = item;
    if (upload !== null && context.clock.now() - upload.at < uploadKeptMs)
      return { kind: 'ready', url: upload.url };
    if (underWay >= uploadPolicy.mostAtOnce) return { kind: 'wait', delayMs: uploadPolicy.busyMs };
    underWay += 1;
    try {
      return await uploadFile(item, model, data, context, signal);
    } finally {
      underWay -= 1;
    }
  };
}

async function uploadFile(
  item: Item,
  model: ModelDefinition,
  data: JobData,
  context: WorkerContext,
  signal: AbortSignal,
): Promise<ReadyVideo> {
  const place = placeOf(item.url);
  if (place === null) return { kind: 'unreadable', message: `${item.url} names no file` };
  const file = await inspectVideo(place.path, model.video.maxBytes ?? Number.MAX_SAFE_INTEGER);
  if (file.kind === 'unreadable')
    return { kind: 'unreadable', message: missing(place, file.reason, file.isGone) };
  const { chunks, digest } = readVideo(place.path);
  let readFailure: unknown = null;
  const watched = watchFor(chunks, (error) => {
    readFailure = error;
  });
  const fileName = `${randomUUID()}${file.ending}`;
  const request = { fileName, chunks: watched, bytes: file.bytes };
  const reply = await uploadVideo(item, request, context, signal);
  if (readFailure !== null)
    return { kind: 'unreadable', message: `${place.path} ${describeFileError(readFailure)}` };
  if (reply.kind === 'uploaded') {
    if (contentId(model, digest(), item.inputs) !== item.id)
      return {
        kind: 'unreadable',
        message: `${place.path} has changed since it was enqueued; enqueue it again`,
      };
    await context.ledger.note(item.id, { upload: { url: reply.url, at: context.clock.now() } });
    return { kind: 'ready', url: reply.url };
  }
  return afterRefusal(reply, data, context);
}

function afterRefusal(
  reply: Exclude<UploadReply, { kind: 'uploaded' }> | NotNow,
  data: JobData,
  { random }: WorkerContext,
): ReadyVideo {
  switch (reply.kind) {
    case 'refused':
      return { kind: 'unreadable', message: `the vendor does not take the file: ${reply.message}` };
    case 'halt':
      return { kind: 'halted', halt: reply };
    case 'not-now':
      return { kind: 'wait', delayMs: reply.delayMs };
    case 'throttled':
    case 'retry': {
      const waitMs = reply.kind === 'throttled' ? reply.retryAfterMs : undefined;
      const delayMs = backoffMs(uploadPolicy.backoff, (data.tries ?? 0) + 1, random(), waitMs);
      return { kind: 'wait', delayMs, message: `the upload waits: ${reply.message}` };
    }
    default:
      return reply satisfies never;
  }
}

function missing(place: LocalPlace, reason: string, isGone: boolean): string {
  if (!isGone || isOfThisHost(place)) return `${place.path} ${reason}`;
  return `${place.path} is on the machine ${place.host}, and this worker cannot read it; run a worker there`;
}

/** Tells of an error of the file itself, which the request would only show as a broken connection. */
async function* watchFor(
  chunks: AsyncIterable<Buffer>,
  onError: (error: unknown) => void,
): AsyncGenerator<Buffer> {
  try {
    yield* chunks;
  } catch (error) {
    onError(error);
    throw error;
  }
}
