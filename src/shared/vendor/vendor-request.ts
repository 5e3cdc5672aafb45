/**
 * One request to the vendor with the key, answered as a raw reply: the thin shell between the parsers and the network.
 * Only called by the vendor client. Invariant: the key is only in the Authorization header, and is removed from
 * everything that is returned.
 */
import type { Dispatcher } from 'undici';
import type { Clock } from '../clock.ts';
import { decodeBody } from './decode-body.ts';
import { type Exchange, exchange } from './exchange.ts';
import { type FileForm, writeFileForm } from './multipart.ts';
import type { RawReply } from './replies.ts';

export interface VendorRequest {
  method: 'GET' | 'POST';
  /** Path and query, appended to the base URL. */
  path: string;
  /** Sent as JSON. */
  payload?: object;
  /** Sent as a form. */
  form?: FileForm;
  /** Default: the API's. */
  baseUrl?: string;
  /** Default: that of all requests. */
  timeoutMs?: number;
}

export type VendorAnswer =
  | { kind: 'answered'; raw: RawReply; firstByteMs: number }
  | Extract<Exchange, { kind: 'failed' }>;

export type SendRequest = (request: VendorRequest, signal: AbortSignal) => Promise<VendorAnswer>;

export interface SendRequestOptions {
  baseUrl: string;
  apiKey: string;
  dispatcher: Dispatcher;
  timeoutMs: number;
  maxReplyBytes: number;
  clock: Clock;
}

/** A shorter key would be found inside innocent words; the vendor's have 32 characters. */
const MIN_REDACTED_KEY_LENGTH = 8;

export function createSendRequest(options: SendRequestOptions): SendRequest {
  const base = options.baseUrl.replace(/(?<!\/)\/+$/, '');
  return async ({ method, path, payload, form, baseUrl, timeoutMs = options.timeoutMs }, signal) => {
    const written = form === undefined ? null : writeFileForm(form);
    const result = await exchange(
      {
        method,
        url: new URL((baseUrl?.replace(/(?<!\/)\/+$/, '') ?? base) + path),
        headers: { ...requestHeaders(options.apiKey, payload !== undefined), ...written?.headers },
        body: written?.body ?? (payload === undefined ? null : JSON.stringify(payload)),
      },
      { ...options, timeoutMs, signal },
    );
    written?.body.destroy();
    if (result.kind === 'failed') return result;
    const raw = withoutKey(await asRawReply(result, options), options.apiKey);
    return { kind: 'answered', raw, firstByteMs: result.firstByteMs };
  };
}

function requestHeaders(apiKey: string, hasBody: boolean): Record<string, string> {
  return {
    authorization: `Bearer ${apiKey}`,
    accept: 'application/json',
    'user-agent': 'kie-batch',
    ...(hasBody ? { 'content-type': 'application/json' } : {}),
  };
}

async function asRawReply(
  { httpStatus, headers, body, complete }: Extract<Exchange, { kind: 'answered' }>,
  { maxReplyBytes, clock }: SendRequestOptions,
): Promise<RawReply> {
  const text = await decodeBody(body, headers['content-encoding'], maxReplyBytes);
  // A body that cannot be decompressed counts as incomplete.
  return {
    httpStatus,
    headers,
    bodyText: text ?? '',
    complete: complete && text !== null,
    receivedAtMs: clock.now(),
  };
}

/** The vendor may repeat the key in a message; it must not travel on into logs and pages. */
function withoutKey(raw: RawReply, apiKey: string): RawReply {
  if (apiKey.length < MIN_REDACTED_KEY_LENGTH) return raw;
  const clean = (text: string) => text.replaceAll(apiKey, '[API key]');
  const headers: Record<string, string | readonly string[] | undefined> = {};
  for (const [name, value] of Object.entries(raw.headers)) {
    headers[name] = typeof value === 'string' ? clean(value) : value?.map(clean);
  }
  return { ...raw, headers, bodyText: clean(raw.bodyText) };
}
