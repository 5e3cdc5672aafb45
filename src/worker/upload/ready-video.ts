/**
 * Prepares an item's video for its create call: checks its length and size if they can be known, and uploads it if the
 * vendor cannot fetch it (a local file, or any link of a batch with `--upload`). Called by the submit stage before the
 * gate, so that nothing is paid for an unreadable video. The vendor keeps uploads for a day; an existing one is used
 * again. Failures of the upload host cost the link nothing.
 */
import { randomUUID } from 'node:crypto';
import type { JobData } from '../../shared/jobs/catalogue.ts';
import type { Item } from '../../shared/ledger/item.ts';
import { createKnownDigests } from '../../shared/local-video/known-digests.ts';
import { isLocalAddress } from '../../shared/local-video/local-address.ts';
import { hasBounds, judgeVideo } from '../../shared/models/judge-video.ts';
import type { ModelDefinition } from '../../shared/models/model-definition.ts';
import { uploadPolicy } from '../../shared/policy.ts';
import { uploadKeptMs } from '../../shared/vendor/facts.ts';
import type { UploadReply } from '../../shared/vendor/replies.ts';
import type { HaltNews } from '../announce-halt.ts';
import { backoffMs } from '../backoff.ts';
import { type NotNow, uploadVideo } from '../read-record.ts';
import type { WorkerContext } from '../worker-context.ts';
import { createKnownUploads, type Upload } from './known-uploads.ts';
import { addressSource, findFile, type OpenVideo, type SourceTrouble } from './video-source.ts';

export type ReadyVideo =
  /** `url` is what the vendor gets. */
  | {
      readonly kind: 'ready';
      readonly url: string;
      /** An upload that was made earlier: the vendor may have deleted it. */
      readonly isReused: boolean;
    }
  | { readonly kind: 'unreadable'; readonly message: string }
  /** The model does not accept it. */
  | { readonly kind: 'refused'; readonly message: string }
  /** `data` is what the job keeps; without a message another link of this process is served first. */
  | { readonly kind: 'wait'; readonly delayMs: number; readonly message?: string; readonly data?: JobData }
  | { readonly kind: 'halted'; readonly halt: HaltNews };

const { backoff, mostAtOnce, busyMs, longestPauseMs, mostSourceTries } = uploadPolicy;

export interface ReadyVideos {
  of(item: Item, model: ModelDefinition, data: JobData, signal: AbortSignal): Promise<ReadyVideo>;
}

export function createReadyVideos(context: WorkerContext): ReadyVideos {
  const { ledger, clock, lengths, outgoing, maxVideoBytes, relay } = context;
  const uploads = createKnownUploads(context);
  const sources = { outgoing, digests: createKnownDigests(context.dataDir), maxBytes: maxVideoBytes, relay };
  let underWay = 0;

  async function bring(
    item: Item,
    model: ModelDefinition,
    data: JobData,
    signal: AbortSignal,
  ): Promise<ReadyVideo> {
    const pausedMs = await uploads.pausedMs();
    if (pausedMs > 0)
      return {
        kind: 'wait',
        delayMs: Math.min(pausedMs, longestPauseMs),
        message: 'the upload host is busy',
      };
    const source = isLocalAddress(item.url)
      ? await findFile(item, model, sources)
      : addressSource(item.url, model, sources);
    if ('kind' in source) return afterTrouble(source, data, context);
    const claim = await uploads.claim(source.key, `${context.workerId} ${item.id}`, data.deadUpload);
    if (claim.kind === 'busy') return { kind: 'wait', delayMs: busyMs };
    if (claim.kind === 'stands') return use(claim.upload, item, true);
    try {
      const video = await source.open(signal);
      if ('kind' in video) return afterTrouble(video, data, context);
      return await upload(video, item, data, claim.finish, signal);
    } finally {
      await claim.release();
    }
  }

  async function upload(
    video: OpenVideo,
    item: Item,
    data: JobData,
    finish: (made: Upload) => Promise<void>,
    signal: AbortSignal,
  ): Promise<ReadyVideo> {
    const fileName = `${randomUUID()}${video.ending}`;
    try {
      const request = { fileName, chunks: video.read(), bytes: video.bytes };
      const reply = await uploadVideo(item, request, context, signal);
      const trouble = video.trouble(reply.kind === 'uploaded');
      if (trouble !== null) return afterTrouble(trouble, data, context);
      if (reply.kind !== 'uploaded') return await afterRefusal(reply, data);
      const made = { url: reply.url, at: clock.now() };
      await finish(made);
      return await use(made, item, false);
    } finally {
      video.close();
    }
  }

  /** Recorded with the item: a callback of its task contains this address. */
  async function use(made: Upload, { id }: Item, isReused: boolean): Promise<ReadyVideo> {
    await ledger.note(id, { upload: made });
    return { kind: 'ready', url: made.url, isReused };
  }

  async function afterRefusal(
    reply: Exclude<UploadReply, { kind: 'uploaded' }> | NotNow,
    data: JobData,
  ): Promise<ReadyVideo> {
    switch (reply.kind) {
      case 'refused':
        return { kind: 'unreadable', message: `the vendor does not accept the file: ${reply.message}` };
      case 'halt':
        return { kind: 'halted', halt: reply };
      case 'not-now':
        return { kind: 'wait', delayMs: reply.delayMs };
      case 'throttled':
      case 'retry': {
        const waitMs = reply.kind === 'throttled' ? reply.retryAfterMs : undefined;
        const tries = (data.tries ?? 0) + 1;
        const delayMs = backoffMs(backoff, tries, context.random(), waitMs);
        if (reply.kind === 'throttled') await uploads.pause(delayMs);
        return { kind: 'wait', delayMs, message: reply.message, data: { ...data, tries } };
      }
      default:
        return reply satisfies never;
    }
  }

  return {
    async of(item, model, data, signal) {
      const { upload: made, url } = item;
      const isFile = isLocalAddress(url);
      if (!isFile && hasBounds(model)) {
        const objection = judgeVideo(await lengths.factsOf(url, signal), model);
        if (objection !== null) return { kind: 'refused', message: `the video ${objection}` };
      }
      if (!isFile && !(await ledger.uploadsLinks([item.batch, ...item.otherBatches])))
        return { kind: 'ready', url, isReused: false };
      if (made !== null && made.url !== data.deadUpload && clock.now() - made.at < uploadKeptMs)
        return { kind: 'ready', url: made.url, isReused: true };
      if (underWay >= mostAtOnce) return { kind: 'wait', delayMs: busyMs };
      underWay += 1;
      try {
        return await bring(item, model, data, signal);
      } finally {
        underWay -= 1;
      }
    },
  };
}

function afterTrouble(trouble: SourceTrouble, data: JobData, { random }: WorkerContext): ReadyVideo {
  const sourceTries = (data.sourceTries ?? 0) + 1;
  if (trouble.kind === 'unreadable' || sourceTries >= mostSourceTries)
    return { kind: 'unreadable', message: trouble.message };
  return {
    kind: 'wait',
    delayMs: backoffMs(backoff, sourceTries, random()),
    message: trouble.message,
    data: { ...data, sourceTries },
  };
}
