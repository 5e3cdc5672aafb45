/**
 * The HTTP client for every URL chosen by others: results, list sources, callbacks of users. It never sends a
 * credential, follows redirects itself so that every hop is checked, and only connects to checked addresses. Expected
 * answers are a union; only an interruption within a body throws, from the body itself. Invariant: no request is sent
 * to an address that the rules refuse.
 */
import type { Dispatcher } from 'undici';
import type { AddressRules } from './address-rules.ts';
import {
  AddressRefusedError,
  createCheckedConnector,
  type ResolveHost,
  resolveBySystem,
} from './checked-connector.ts';
import { createAgent } from './create-agent.ts';
import type { Proxies } from './proxies.ts';
import type { ResponseBody } from './response-body.ts';
import { sendRequest } from './send-request.ts';
import { judgeUrl } from './url-rules.ts';

export interface OutgoingOptions extends AddressRules {
  /** Connections to one origin at a time; further requests wait for one of them. Default 8. */
  readonly connectionsPerHost?: number;
  /** Default 15 s. */
  readonly connectTimeoutMs?: number;
  /** From the request to the end of the answer's headers. Default 30 s. */
  readonly headersTimeoutMs?: number;
  /** Between two pieces of a body. Default 60 s; a caller that knows better watches the speed. */
  readonly bodyTimeoutMs?: number;
  /** Default 5. */
  readonly maxRedirects?: number;
  readonly resolveHost?: ResolveHost;
  /** Requests go through these, which then resolve names: only addresses written as numbers are judged. */
  readonly proxies?: Proxies | undefined;
}

interface OutgoingRequest {
  readonly url: string;
  readonly method?: 'GET' | 'HEAD' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface OutgoingAnswer {
  readonly kind: 'answered';
  readonly status: number;
  /** Names in lower case; repeated ones joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** The final URL, after redirects. */
  readonly url: string;
  /** Read to its end or destroyed by the caller, always. */
  readonly body: ResponseBody;
}

type OutgoingReply =
  | OutgoingAnswer
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'unreachable'; readonly code: string; readonly message: string };

export interface Outgoing {
  /** Rejects only when the signal is aborted, with its reason. */
  request(request: OutgoingRequest, signal?: AbortSignal): Promise<OutgoingReply>;
  close(): Promise<void>;
}

/** Some result hosts answer 403 (error code 1010) to clients that do not look like a browser. */
const ORDINARY_HEADERS: Readonly<Record<string, string>> = {
  'user-agent':
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  accept: '*/*',
  'accept-language': 'en',
  // Nothing is ever decompressed, so there is no bomb to bound.
  'accept-encoding': 'identity',
};

const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export function createOutgoing(options: OutgoingOptions): Outgoing {
  const agent = createAgent(
    {
      connect: createCheckedConnector(
        options,
        options.resolveHost ?? resolveBySystem,
        options.connectTimeoutMs ?? 15_000,
      ),
      connections: options.connectionsPerHost ?? 8,
      headersTimeout: options.headersTimeoutMs ?? 30_000,
      bodyTimeout: options.bodyTimeoutMs ?? 60_000,
      maxHeaderSize: 64 * 1024,
      allowH2: false,
    },
    options.proxies,
  );
  return {
    request: (request, signal) => followRedirects(agent, request, options, signal),
    close: () => agent.destroy(),
  };
}

async function followRedirects(
  agent: Dispatcher,
  request: OutgoingRequest,
  options: OutgoingOptions,
  signal: AbortSignal | undefined,
): Promise<OutgoingReply> {
  const maxRedirects = options.maxRedirects ?? 5;
  let verdict = judgeUrl(request.url, options);
  for (let hop = 0; ; hop += 1) {
    if ('refusal' in verdict) return { kind: 'refused', message: verdict.refusal };
    const reply = await send(agent, verdict.url, request, signal);
    const location = reply.kind === 'answered' ? redirectOf(request, reply) : undefined;
    if (reply.kind !== 'answered' || location === undefined) return reply;
    reply.body.destroy();
    if (hop === maxRedirects) return { kind: 'refused', message: `more than ${maxRedirects} redirects` };
    verdict = judgeUrl(location, options, verdict.url);
  }
}

/** A POST is not repeated elsewhere: a callback URL must be the final one. */
function redirectOf(request: OutgoingRequest, answer: OutgoingAnswer): string | undefined {
  if (request.method === 'POST' || !REDIRECT_STATUSES.has(answer.status)) return undefined;
  return answer.headers['location'];
}

async function send(
  agent: Dispatcher,
  url: URL,
  request: OutgoingRequest,
  signal: AbortSignal | undefined,
): Promise<OutgoingReply> {
  try {
    const answer = await sendRequest(agent, dispatchOptions(url, request), signal);
    return { kind: 'answered', ...answer, url: url.href };
  } catch (error) {
    signal?.throwIfAborted();
    return unanswered(error);
  }
}

function dispatchOptions(url: URL, request: OutgoingRequest): Dispatcher.DispatchOptions {
  return {
    origin: url.origin,
    path: url.pathname + url.search,
    method: request.method ?? 'GET',
    headers: { ...ORDINARY_HEADERS, ...request.headers },
    body: request.body ?? null,
  };
}

function unanswered(error: unknown): OutgoingReply {
  if (error instanceof AddressRefusedError) return { kind: 'refused', message: error.message };
  const message = error instanceof Error && error.message !== '' ? error.message : String(error);
  return { kind: 'unreachable', code: errorCode(error), message };
}

function errorCode(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error) return String(error.code);
  return 'UNKNOWN';
}
