/**
 * The interface to the vendor: the only place that holds the API key or calls the vendor's API. Called by the stages,
 * the probes and `doctor`. Every answer, and every failure to get one, is returned as a reply; no call throws. A create
 * call is sent at most once. Everything specific to this vendor (paths, codes, texts, the form of its replies and
 * callbacks, its advice) stays in this folder: the rest of the program knows the replies of replies.ts,
 * `understandCallback`, the advice on halts and the few facts of facts.ts.
 */
import pRetry from 'p-retry';
import type { Logger } from 'pino';
import type { Dispatcher } from 'undici';
import { type Clock, systemClock } from '../clock.ts';
import type { GateOperation } from '../gate-state/halt-reasons.ts';
import type { CallOutcome, VendorCall } from '../gate-state/vendor-calls.ts';
import { createBoundedWarnings, type Warn } from '../logging/bounded-warnings.ts';
import { buildInput, vendorModelName } from '../models/build-input.ts';
import type { Inputs } from '../models/input-spec.ts';
import type { ModelDefinition } from '../models/model-definition.ts';
import { createAgent } from '../outgoing/create-agent.ts';
import type { Proxies } from '../outgoing/proxies.ts';
import { parseCreateReply } from './create-reply.ts';
import { parseCreditsReply } from './credits-reply.ts';
import { balancePath, downloadLinkPath, uploadPath, vendorUploadUrl } from './facts.ts';
import { parseLinkReply } from './link-reply.ts';
import { parseProbeReply } from './probe-reply.ts';
import { parseRecordReply } from './record-reply.ts';
import type {
  CreateReply,
  CreditsReply,
  LinkReply,
  ProbeReply,
  RawReply,
  RecordReply,
  Retry,
  UploadReply,
} from './replies.ts';
import { parseUploadReply } from './upload-reply.ts';
import {
  createSendRequest,
  type SendRequest,
  type VendorAnswer,
  type VendorRequest,
} from './vendor-request.ts';

interface CreateRequest {
  model: ModelDefinition;
  /** The link, as given. */
  url: string;
  /** What differs from the model's defaults. */
  inputs?: Inputs;
  callbackUrl?: string | undefined;
}

export interface UploadRequest {
  /** Unique: the same name overwrites, and caches may serve the old file. */
  readonly fileName: string;
  readonly chunks: AsyncIterable<Buffer>;
  /** Null if unknown. */
  readonly bytes: number | null;
}

export interface Vendor {
  /** Creates one task: one request, never repeated here. */
  create(request: CreateRequest, signal: AbortSignal): Promise<CreateReply>;
  /** Reads a task's record: one request. */
  read(model: ModelDefinition, taskId: string, signal: AbortSignal): Promise<RecordReply>;
  /** Requests a new link to the file of an expired result URL; it works for 20 minutes, free: one request. */
  recover(resultUrl: string, signal: AbortSignal): Promise<LinkReply>;
  /** Reads the balance; a failing answer is tried three times within a second or so. */
  balance(signal: AbortSignal): Promise<CreditsReply>;
  /** Checks whether the model is on, with a create call that is refused and never billed: one request. */
  probe(model: ModelDefinition, signal: AbortSignal): Promise<ProbeReply>;
  /** Uploads a video, free; the vendor keeps it for a day: one request. */
  upload(request: UploadRequest, signal: AbortSignal): Promise<UploadReply>;
  /** Ends the connections, if the client made its own. */
  close(): Promise<void>;
}

export interface VendorOptions {
  /** For example https://api.kie.ai; a path in it stays in front of the models' paths. */
  baseUrl: string;
  apiKey: string;
  /** Default: the vendor's. */
  uploadUrl?: string;
  /** Default: a new agent with HTTP/1.1 and keep-alive. */
  dispatcher?: Dispatcher;
  /** Default: none. Of no effect with a dispatcher. */
  proxies?: Proxies | undefined;
  /** For each request, connecting included. Default 60 s. */
  timeoutMs?: number;
  /** A longer answer is cut there. Default 1 MiB. */
  maxReplyBytes?: number;
  /** The pause before a balance query is tried again. Default 250 ms, then twice that. */
  creditsRetryMs?: number;
  /** Called for every create call and every poll that was not stopped by us. */
  onCall?: (call: VendorCall) => void;
  logger: Logger;
  clock?: Clock;
}

const DEFAULT_TIMEOUT_MS = 60_000;
/** Two gigabytes at 10 Mbit/s. */
const UPLOAD_TIMEOUT_MS = 30 * 60_000;
const DEFAULT_MAX_REPLY_BYTES = 1024 * 1024;

/** Makes a client. Throws a TypeError (without the key in it) for a key that no header can carry. */
export function createVendor(options: VendorOptions): Vendor {
  refuseBadKey(options.apiKey);
  const { clock = systemClock, creditsRetryMs = 250 } = options;
  const dispatcher = options.dispatcher ?? ownAgent(options.proxies);
  const send = createSendRequest({
    baseUrl: options.baseUrl,
    apiKey: options.apiKey,
    dispatcher,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    maxReplyBytes: options.maxReplyBytes ?? DEFAULT_MAX_REPLY_BYTES,
    clock,
  });
  const warn = createBoundedWarnings({ logger: options.logger, clock });
  /** Sends a request of which `onCall` hears. */
  const sendCounted =
    (operation: GateOperation): SendAndRead =>
    async (request, signal, parse) => {
      const answer = await send(request, signal);
      const reply = parse(answer);
      const firstByteMs = answer.kind === 'answered' ? answer.firstByteMs : null;
      if (!signal.aborted) options.onCall?.({ operation, outcome: outcomeOf(answer, reply), firstByteMs });
      return reply;
    };
  return {
    create: (request, signal) => createTask(sendCounted('submit'), warn, request, signal),
    read: (model, taskId, signal) => getRecord(sendCounted('query'), warn, model, taskId, signal),
    recover: async (resultUrl, signal) => {
      const answer = await send(
        { method: 'POST', path: downloadLinkPath, payload: { url: resultUrl } },
        signal,
      );
      return readAnswer(answer, parseLinkReply);
    },
    upload: async ({ fileName, chunks, bytes }, signal) => {
      const fields = { uploadPath: 'kie-batch', fileName };
      const request = {
        method: 'POST',
        path: uploadPath,
        baseUrl: options.uploadUrl ?? vendorUploadUrl,
        form: { fields, fileName, chunks, bytes },
        timeoutMs: UPLOAD_TIMEOUT_MS,
      } as const;
      return readAnswer(await send(request, signal), parseUploadReply);
    },
    balance: (signal) => getCredits(send, creditsRetryMs, signal),
    probe: (model, signal) => probeModel(send, model, signal),
    close: async () => {
      if (dispatcher !== options.dispatcher) await dispatcher.destroy();
    },
  };
}

function refuseBadKey(apiKey: string): void {
  if (/^[\x21-\x7e]+$/.test(apiKey)) return;
  throw new TypeError(
    'The API key is empty or contains characters that are not valid in a key: copy it again into KIE_API_KEY.',
  );
}

/** HTTP/1.1 only: there a request has its connection for itself, and "sent" has one meaning. */
function ownAgent(proxies: Proxies | undefined): Dispatcher {
  return createAgent({ allowH2: false, pipelining: 1 }, proxies);
}

type SendAndRead = <Reply extends { readonly kind: string }>(
  request: VendorRequest,
  signal: AbortSignal,
  parse: (answer: VendorAnswer) => Reply,
) => Promise<Reply>;

function outcomeOf(answer: VendorAnswer, { kind }: { readonly kind: string }): CallOutcome {
  if (answer.kind === 'failed') return 'no-answer';
  if (kind === 'throttled') return 'throttled';
  if (kind === 'halt') return 'halted';
  return kind === 'retry' || kind === 'ambiguous' ? 'server-error' : 'ok';
}

async function createTask(
  send: SendAndRead,
  warn: Warn,
  { model, url, inputs, callbackUrl }: CreateRequest,
  signal: AbortSignal,
): Promise<CreateReply> {
  const callback = callbackUrl === undefined ? {} : { callBackUrl: callbackUrl };
  const payload = { model: vendorModelName(model), ...callback, input: buildInput(model, url, inputs) };
  const reply = await send({ method: 'POST', path: model.createPath, payload }, signal, asCreateReply);
  if (reply.kind === 'retry' && reply.warn) {
    warn('Unknown answer to a create call', reply.message, { model: model.id });
  }
  if (reply.kind === 'retry' && !reply.sent) warn('The vendor cannot be reached', reply.message, {});
  return reply;
}

async function getRecord(
  send: SendAndRead,
  warn: Warn,
  model: ModelDefinition,
  taskId: string,
  signal: AbortSignal,
): Promise<RecordReply> {
  const path = `${model.recordPath}?taskId=${encodeURIComponent(taskId)}`;
  const parse = (answer: VendorAnswer) =>
    readAnswer(answer, (raw) => parseRecordReply(raw, model.resultPath));
  const reply = await send({ method: 'GET', path }, signal, parse);
  warnOfRecord(warn, reply, { model: model.id, taskId });
  return reply;
}

function warnOfRecord(warn: Warn, reply: RecordReply, fields: { model: string; taskId: string }): void {
  if (reply.kind === 'pending' && reply.warn) warn('Unknown task state', reply.state, fields);
  if (reply.kind === 'failed' && reply.warn) warn('Unknown fail code', reply.failCode, fields);
  if (reply.kind === 'retry' && reply.warn) warn('Unknown answer to a query', reply.message, fields);
}

async function probeModel(
  send: SendRequest,
  model: ModelDefinition,
  signal: AbortSignal,
): Promise<ProbeReply> {
  if (model.probe === null) return { kind: 'no-probe' };
  const payload = { model: vendorModelName(model), input: model.probe.input };
  const answer = await send({ method: 'POST', path: model.createPath, payload }, signal);
  return readAnswer(answer, parseProbeReply);
}

async function getCredits(send: SendRequest, retryMs: number, signal: AbortSignal): Promise<CreditsReply> {
  let reply: CreditsReply = { kind: 'retry', sent: false, message: 'Stopped before it was sent' };
  const attempt = async () => {
    const answer = await send({ method: 'GET', path: balancePath }, signal);
    reply = readAnswer(answer, parseCreditsReply);
    if (reply.kind === 'retry') throw new Error(reply.message);
  };
  // What p-retry rejects with in the end is the last reply once more, or the signal's reason.
  await pRetry(attempt, { retries: 2, minTimeout: retryMs, signal }).catch(() => {});
  return reply;
}

/** Without an answer a create call is repeatable only when nothing can have been sent. */
function asCreateReply(answer: VendorAnswer): CreateReply {
  if (answer.kind === 'answered') return parseCreateReply(answer.raw);
  return answer.sent ? { kind: 'ambiguous', message: answer.message } : asRetry(answer);
}

/** A query can always be repeated. */
function readAnswer<Reply>(answer: VendorAnswer, parse: (raw: RawReply) => Reply): Reply | Retry {
  return answer.kind === 'answered' ? parse(answer.raw) : asRetry(answer);
}

function asRetry({ message, sent }: Extract<VendorAnswer, { kind: 'failed' }>): Retry {
  return { kind: 'retry', message, sent };
}
