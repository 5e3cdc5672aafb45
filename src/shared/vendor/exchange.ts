/**
 * One HTTP request and its answer, without ever throwing and without ever sending anything twice. Called
 * by the vendor client. Invariant: `sent` is false only if not one byte of the request can have left;
 * undici calls `onRequestStart` immediately before it writes, so everything earlier (name not found,
 * refused, connect timeout, TLS failure, aborted in the queue) is provably unsent.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';

export interface ExchangeRequest {
  method: 'GET' | 'POST';
  url: URL;
  headers: Record<string, string>;
  body: string | Readable | null;
}

export interface ExchangeOptions {
  dispatcher: Dispatcher;
  /** For the whole exchange, waiting for a connection included. */
  timeoutMs: number;
  /** A longer body is cut there and counts as incomplete. */
  maxReplyBytes: number;
  signal: AbortSignal;
}

export type Exchange =
  | {
      kind: 'answered';
      httpStatus: number;
      headers: IncomingHttpHeaders;
      body: Buffer;
      complete: boolean;
      /** From the request's leaving to the head of the answer. */
      firstByteMs: number;
    }
  | { kind: 'failed'; sent: boolean; message: string };

/** Sends the request; resolves with its outcome. */
export function exchange(request: ExchangeRequest, options: ExchangeOptions): Promise<Exchange> {
  if (options.signal.aborted) {
    return Promise.resolve({ kind: 'failed', sent: false, message: 'Stopped before it was sent' });
  }
  return new Promise((resolve) => {
    const receiver = new Receiver(options.maxReplyBytes, resolve);
    receiver.watch(options.signal, options.timeoutMs);
    const { url, ...rest } = request;
    try {
      options.dispatcher.dispatch({ ...rest, origin: url.origin, path: url.pathname + url.search }, receiver);
    } catch (error) {
      receiver.onResponseError(null, error);
    }
  });
}

/** Collects one answer and settles exactly once. */
class Receiver implements Dispatcher.DispatchHandler {
  readonly #maxReplyBytes: number;
  readonly #resolve: (result: Exchange) => void;
  readonly #chunks: Buffer[] = [];
  #sizeBytes = 0;
  #sent = false;
  #sentAt = 0;
  #settled = false;
  #head: { httpStatus: number; headers: IncomingHttpHeaders; firstByteMs: number } | null = null;
  #controller: Dispatcher.DispatchController | null = null;
  #unwatch: () => void = () => {};

  constructor(maxReplyBytes: number, resolve: (result: Exchange) => void) {
    this.#maxReplyBytes = maxReplyBytes;
    this.#resolve = resolve;
  }

  watch(signal: AbortSignal, timeoutMs: number): void {
    const onAbort = () => this.#stop('Stopped during the request');
    const timer = setTimeout(() => this.#stop(`No answer within ${timeoutMs} ms`), timeoutMs);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#unwatch = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // A second start would be a repetition by the transport; a settled request must not go out late.
    if (this.#sent || this.#settled) {
      controller.abort(new Error('Not retried'));
      return;
    }
    this.#sent = true;
    this.#sentAt = performance.now();
    this.#controller = controller;
  }

  onResponseStart(_: Dispatcher.DispatchController, httpStatus: number, headers: IncomingHttpHeaders): void {
    if (httpStatus < 200) return;
    this.#head = { httpStatus, headers, firstByteMs: performance.now() - this.#sentAt };
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    const room = this.#maxReplyBytes - this.#sizeBytes;
    this.#chunks.push(chunk.subarray(0, room));
    this.#sizeBytes += Math.min(chunk.length, room);
    if (chunk.length > room) this.#stop(`The answer is longer than ${this.#maxReplyBytes} bytes`);
  }

  onResponseEnd(): void {
    this.#settle('The connection ended without an answer', true);
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: unknown): void {
    this.#settle(describeTransportError(error), false);
  }

  #stop(message: string): void {
    this.#settle(message, false);
    this.#controller?.abort(new Error(message));
  }

  #settle(message: string, complete: boolean): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#unwatch();
    const failed: Exchange = { kind: 'failed', sent: this.#sent, message };
    const body = Buffer.concat(this.#chunks);
    this.#resolve(this.#head === null ? failed : { kind: 'answered', ...this.#head, body, complete });
  }
}

/** Names an error by its code alone: undici's error objects can carry requests, and so headers. */
function describeTransportError(error: unknown): string {
  const code = errorCode(error);
  return `${DESCRIPTIONS[code] ?? 'The connection failed'} (${code})`;
}

function errorCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0]);
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'The connection was refused',
  ECONNRESET: 'The connection was reset',
  EPIPE: 'The connection was closed while sending',
  ENOTFOUND: 'The host name was not found',
  EAI_AGAIN: 'The name server did not answer',
  EHOSTUNREACH: 'The host cannot be reached',
  ENETUNREACH: 'The network cannot be reached',
  ETIMEDOUT: 'The connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'The connection timed out',
  UND_ERR_HEADERS_TIMEOUT: 'No answer in time',
  UND_ERR_BODY_TIMEOUT: 'The answer was incomplete',
  UND_ERR_SOCKET: 'The other side closed the connection',
};
