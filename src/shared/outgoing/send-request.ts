/**
 * Sends one request through undici and resolves with its answer as soon as the headers are here. Called by
 * the outgoing client for every hop. Rejects with the transport's error or, when aborted, with the signal's
 * reason, at once even while the request waits for a free connection.
 */
import type { Dispatcher } from 'undici';
import { createResponseBody, type FillableBody, type ResponseBody } from './response-body.ts';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ResponseBody;
}

export function sendRequest(
  agent: Dispatcher,
  options: Dispatcher.DispatchOptions,
  signal: AbortSignal | undefined,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let body: FillableBody | undefined;

    function onAbort(): void {
      const reason = abortReason(signal);
      controller?.abort(reason);
      fail(reason);
    }
    function settle(): void {
      signal?.removeEventListener('abort', onAbort);
    }
    function fail(error: Error): void {
      settle();
      if (body === undefined) reject(error);
      else body.fail(error);
    }

    if (signal?.aborted) return reject(abortReason(signal));
    signal?.addEventListener('abort', onAbort, { once: true });
    agent.dispatch(options, {
      onRequestStart(started) {
        controller = started;
        if (signal?.aborted) started.abort(abortReason(signal));
      },
      onResponseStart(started, status, headers) {
        if (status < 200) return;
        body = createResponseBody(started);
        resolve({ status, headers: flatten(headers), body });
      },
      onResponseData: (_, chunk) => body?.push(chunk),
      onResponseEnd() {
        settle();
        body?.finish();
      },
      onResponseError: (_, error) => fail(error),
    });
  });
}

function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}
