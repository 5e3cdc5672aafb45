/**
 * The bytes of a video that is to be uploaded: of a file of this machine, of one that another machine has put into the
 * shared storage, or behind an address, fetched under the rules of downloads. All are judged by their first bytes and
 * their size before anything is sent. Constant memory.
 */
import { createHash } from 'node:crypto';
import type { Item } from '../../shared/ledger/item.ts';
import type { KnownDigests } from '../../shared/local-video/known-digests.ts';
import { isOfThisHost, type LocalPlace, placeOf } from '../../shared/local-video/local-address.ts';
import {
  describeFileError,
  inspectVideo,
  readVideo,
  type VideoFile,
} from '../../shared/local-video/read-video.ts';
import type { RelayedVideo, VideoRelay } from '../../shared/local-video/video-relay.ts';
import { identifyMedia, mediaKinds } from '../../shared/media/media-kind.ts';
import { contentId } from '../../shared/models/identify-link.ts';
import { judgeVideo } from '../../shared/models/judge-video.ts';
import type { ModelDefinition } from '../../shared/models/model-definition.ts';
import type { Outgoing, OutgoingAnswer } from '../../shared/outgoing/outgoing.ts';
import { formatBytes } from '../../shared/wording/format.ts';

export interface VideoSource {
  /** The identity of the video: the same one is uploaded once. */
  readonly key: string;
  open(signal: AbortSignal): Promise<OpenVideo | SourceTrouble>;
}

export interface OpenVideo {
  /** With its dot. */
  readonly ending: string;
  /** Null if unknown. */
  readonly bytes: number | null;
  /** May be read once. */
  read(): AsyncIterable<Buffer>;
  /** The error of reading it, or null; checked after the upload. */
  trouble(wasReadWhole: boolean): SourceTrouble | null;
  close(): void;
}

export type SourceTrouble =
  /** Permanent. */
  | { readonly kind: 'unreadable'; readonly message: string }
  /** Its host may answer later. */
  | { readonly kind: 'unreached'; readonly message: string };

export interface SourceDeps {
  readonly outgoing: Outgoing;
  readonly digests: KnownDigests;
  /** MAX_VIDEO_BYTES. */
  readonly maxBytes: number;
  /** Null without a storage that machines share. */
  readonly relay: VideoRelay | null;
}

const unreadable = (message: string): SourceTrouble => ({ kind: 'unreadable', message });

export async function findFile(
  item: Item,
  model: ModelDefinition,
  { digests, maxBytes, relay }: SourceDeps,
): Promise<VideoSource | SourceTrouble> {
  const place = placeOf(item.url);
  if (place === null) return unreadable(`${item.url} is not a file`);
  const { path } = place;
  const relayed = isOfThisHost(place) ? null : await relay?.open(item.id);
  if (relayed) return relayedSource(relayed, path, item, model, maxBytes);
  const file = await inspectVideo(path, maxBytes);
  if (file.kind === 'unreadable') return unreadable(missing(place, file.reason, file.isGone));
  const objection = judgeVideo({ seconds: null, bytes: file.bytes }, model);
  if (objection !== null) return unreadable(`${path} ${objection}`);
  const sha256 = await digests
    .of(path, file.mark)
    .catch((error: unknown) => unreadable(`${path} ${describeFileError(error)}`));
  if (typeof sha256 !== 'string') return sha256;
  if (contentId(model, sha256, item.inputs) !== item.id) return hasChanged(path);
  return { key: keyOf(sha256), open: async () => openFile(path, file, sha256) };
}

/** Its content is known when it was read: an item of another prompt is another object. */
function relayedSource(
  { bytes, chunks }: RelayedVideo,
  path: string,
  item: Item,
  model: ModelDefinition,
  maxBytes: number,
): VideoSource {
  const hash = createHash('sha256');
  const hashed = async function* () {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const isWhole = () => contentId(model, hash.copy().digest('hex'), item.inputs) === item.id;
  return {
    key: item.id,
    async open() {
      const tooLarge = objectionTo(bytes, model, maxBytes);
      if (tooLarge !== null) return unreadable(`${path} ${tooLarge}`);
      const video = await openStream(path, hashed()[Symbol.asyncIterator](), { bytes, model, maxBytes });
      if ('kind' in video) return video;
      const trouble = (wasReadWhole: boolean) =>
        video.trouble(wasReadWhole) ?? (wasReadWhole && !isWhole() ? hasChanged(path) : null);
      return { ...video, trouble };
    },
  };
}

function openFile(path: string, file: Extract<VideoFile, { kind: 'video' }>, sha256: string): OpenVideo {
  const { chunks, digest } = readVideo(path);
  let trouble: SourceTrouble | null = null;
  return {
    ending: file.ending,
    bytes: file.bytes,
    read: () =>
      watched(chunks, (error) => {
        trouble = unreadable(`${path} ${describeFileError(error)}`);
      }),
    // Written to while it was sent.
    trouble: (wasReadWhole) => trouble ?? (wasReadWhole && digest() !== sha256 ? hasChanged(path) : null),
    close: () => undefined,
  };
}

function hasChanged(path: string): SourceTrouble {
  return unreadable(`${path} has changed since it was enqueued; enqueue it again`);
}

/** Of 128 bits. */
function keyOf(sha256: string): string {
  return sha256.slice(0, 32);
}

function missing(place: LocalPlace, reason: string, isGone: boolean): string {
  if (!isGone || isOfThisHost(place)) return `${place.path} ${reason}`;
  return `${place.path} is on the machine ${place.host}, and this worker cannot read it; run a worker there, or use a storage s3://, so that enqueue can send files through it`;
}

const headBytes = 128;

/** A video behind an address that the vendor cannot reach. */
export function addressSource(url: string, model: ModelDefinition, deps: SourceDeps): VideoSource {
  const key = keyOf(createHash('sha256').update(url).digest('hex'));
  return { key, open: (signal) => openAddress(url, model, deps, signal) };
}

async function openAddress(
  url: string,
  model: ModelDefinition,
  { outgoing, maxBytes }: SourceDeps,
  signal: AbortSignal,
): Promise<OpenVideo | SourceTrouble> {
  const reply = await outgoing.request({ url }, signal);
  if (reply.kind === 'refused') return unreadable(`${url} cannot be fetched: ${reply.message}`);
  if (reply.kind === 'unreachable')
    return { kind: 'unreached', message: `${url} cannot be reached: ${reply.message}` };
  const opened = await judgeAnswer(url, model, reply, maxBytes).catch((error: unknown) => {
    signal.throwIfAborted();
    return { kind: 'unreached', message: `${url} broke off: ${wordsOf(error)}` } as const;
  });
  if ('kind' in opened) reply.body.destroy();
  return opened;
}

async function judgeAnswer(
  url: string,
  model: ModelDefinition,
  { status, headers, body }: OutgoingAnswer,
  maxBytes: number,
): Promise<OpenVideo | SourceTrouble> {
  const said = `${url} answered HTTP ${status}`;
  if (status === 408 || status === 429 || status >= 500) return { kind: 'unreached', message: said };
  if (status !== 200) return unreadable(said);
  const length = headers['content-length'];
  const bytes = length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : null;
  const tooLarge = objectionTo(bytes, model, maxBytes);
  if (tooLarge !== null) return unreadable(`the video ${tooLarge}: ${url}`);
  const opened = await openStream(url, body[Symbol.asyncIterator](), { bytes, model, maxBytes });
  return 'kind' in opened ? opened : { ...opened, close: () => body.destroy() };
}

interface StreamFacts {
  readonly bytes: number | null;
  readonly model: ModelDefinition;
  readonly maxBytes: number;
}

/** @param name of what is read, for messages */
async function openStream(
  name: string,
  source: AsyncIterator<Buffer>,
  { bytes, model, maxBytes }: StreamFacts,
): Promise<OpenVideo | SourceTrouble> {
  const head = await readHead(source);
  const kind = identifyMedia(head.subarray(0, headBytes));
  if (kind === 'unknown' || kind === 'more' || mediaKinds[kind].shows !== 'video')
    return unreadable(`${name} is not a video: it does not start like MP4, MOV, WebM or MKV`);
  let trouble: SourceTrouble | null = null;
  return {
    ending: mediaKinds[kind].ending,
    bytes,
    read: () =>
      watched(bounded(head, source, model, maxBytes), (error) => {
        trouble =
          error instanceof TooLarge
            ? unreadable(`the video ${error.message}: ${name}`)
            : { kind: 'unreached', message: `${name} broke off: ${wordsOf(error)}` };
      }),
    trouble: () => trouble,
    close: () => void source.return?.(),
  };
}

async function readHead(source: AsyncIterator<Buffer>): Promise<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < headBytes) {
    const { done, value } = await source.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  return head;
}

class TooLarge extends Error {}

/** Also where the answer did not say how long it would be, or lied. */
async function* bounded(
  head: Buffer,
  source: AsyncIterator<Buffer>,
  model: ModelDefinition,
  maxBytes: number,
): AsyncGenerator<Buffer> {
  let bytes = head.length;
  yield head;
  for (let next = await source.next(); !next.done; next = await source.next()) {
    bytes += next.value.length;
    const tooLarge = objectionTo(bytes, model, maxBytes);
    if (tooLarge !== null) throw new TooLarge(tooLarge);
    yield next.value;
  }
}

function objectionTo(bytes: number | null, model: ModelDefinition, maxBytes: number): string | null {
  if (bytes !== null && bytes > maxBytes)
    return `has ${formatBytes(bytes)}; at most ${formatBytes(maxBytes)} are allowed (MAX_VIDEO_BYTES)`;
  return judgeVideo({ seconds: null, bytes }, model);
}

/** Reports an error of the source itself, which the request would only show as a broken connection. */
async function* watched(
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

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
