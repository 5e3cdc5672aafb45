/**
 * The vendor's public price list, read without a key. The vendor does not document it, so nothing relies on it: an
 * answer that cannot be read is null, and a record that cannot be read says nothing. Never throws. Bounded in pages,
 * bytes and time. Facts: `data` of the count says how many records there are (`all`); a page holds 100 at most.
 */
import type { Dispatcher } from 'undici';
import { z } from 'zod';
import type { Proxies } from '../outgoing/proxies.ts';
import { decodeBody } from './decode-body.ts';
import { type ExchangeRequest, exchange } from './exchange.ts';
import { isHttpUrl, readEnvelope, readFields, readNumber, readText } from './reply-body.ts';

export const priceRecordSchema = z.object({
  /** The vendor's name of the model. */
  model: z.string().min(1).max(200),
  description: z.string(),
  /** For one unit; null when that cannot be read. */
  credits: z.number().positive().max(1_000_000).nullable(),
  unit: z.enum(['task', 'second']).nullable(),
});

export type PriceRecord = z.output<typeof priceRecordSchema>;

export interface PriceListRequest {
  readonly baseUrl: string;
  readonly proxies?: Proxies | undefined;
  /** For all requests together. */
  readonly timeoutMs: number;
}

const countPath = '/client/v1/model-pricing/count';
const pagePath = '/client/v1/model-pricing/page';
const pageSize = 100;
const mostPages = 30;
const mostReplyBytes = 1024 * 1024;

/** @returns the records that name their model; null when the list cannot be read as a whole */
export async function readPriceList(request: PriceListRequest): Promise<PriceRecord[] | null> {
  const { createAgent } = await import('../outgoing/create-agent.ts');
  const dispatcher = createAgent({ allowH2: false, pipelining: 1 }, request.proxies);
  const signal = AbortSignal.timeout(request.timeoutMs);
  const ask = (path: string, payload?: object) => askFor(path, payload, { ...request, dispatcher, signal });
  const page = async (pageNum: number) => parsePricePage(await ask(pagePath, { pageNum, pageSize }));
  try {
    const [count, first] = await Promise.all([ask(countPath), page(1)]);
    if (first === null) return null;
    const pages = pagesOf(first, readNumber(readFields(dataOf(count))['all']));
    // A part of the list may lack the dearer record of a model.
    if (pages === null || pages > mostPages) return null;
    const others = Array.from({ length: Math.max(0, pages - 1) }, (_, index) => page(index + 2));
    const all = [first, ...(await Promise.all(others))];
    return all.some((each) => each === null) ? null : all.flatMap((each) => each?.records ?? []);
  } finally {
    await dispatcher.destroy();
  }
}

function pagesOf({ total, entries }: PricePage, counted: number | null): number | null {
  const said = total ?? counted;
  if (said !== null) return Math.ceil(said / pageSize);
  return entries < pageSize ? 1 : null;
}

export interface PricePage {
  readonly records: readonly PriceRecord[];
  /** Records of this page, those included that name no model. */
  readonly entries: number;
  /** Records of the whole list; null when it does not say. */
  readonly total: number | null;
}

/** @param bodyText null when there was no answer */
export function parsePricePage(bodyText: string | null): PricePage | null {
  const data = dataOf(bodyText);
  const { records, total } = readFields(data);
  if (!Array.isArray(records)) return null;
  const read = records.slice(0, pageSize).flatMap((record) => parseRecord(record) ?? []);
  return { records: read, entries: records.length, total: readNumber(total) };
}

function dataOf(bodyText: string | null): unknown {
  const envelope = bodyText === null ? null : readEnvelope(bodyText);
  return envelope?.code === 200 ? envelope.data : undefined;
}

function parseRecord(value: unknown): PriceRecord | null {
  const { anchor, modelDescription, creditPrice, creditUnit } = readFields(value);
  const credits = readNumber(creditPrice);
  const record = priceRecordSchema.safeParse({
    model: modelOf(anchor),
    description: readText(modelDescription),
    credits: credits !== null && credits > 0 && credits <= 1_000_000 ? credits : null,
    unit: unitOf(readText(creditUnit)),
  });
  return record.success ? record.data : null;
}

/** The model's name is in the query of a link to its page. */
function modelOf(anchor: unknown): string | null {
  if (typeof anchor !== 'string') return null;
  const absolute = anchor.startsWith('/') ? `https://host.invalid${anchor}` : anchor;
  return isHttpUrl(absolute) ? new URL(absolute).searchParams.get('model') : null;
}

/** Images and characters are not units of a model for videos. */
function unitOf(text: string): PriceRecord['unit'] {
  if (/^per (second|sec|s)( of video)?$/i.test(text)) return 'second';
  return /^per (video|request|task|generation|call)$/i.test(text) ? 'task' : null;
}

interface AskOptions extends PriceListRequest {
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
}

/** Null without a usable answer. */
async function askFor(
  path: string,
  payload: object | undefined,
  { baseUrl, ...options }: AskOptions,
): Promise<string | null> {
  const request: ExchangeRequest = {
    method: payload === undefined ? 'GET' : 'POST',
    url: new URL(baseUrl.replace(/(?<!\/)\/+$/, '') + path),
    headers: {
      accept: 'application/json',
      'user-agent': 'kie-batch',
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: payload === undefined ? null : JSON.stringify(payload),
  };
  const answer = await exchange(request, { ...options, maxReplyBytes: mostReplyBytes });
  if (answer.kind === 'failed' || !answer.complete || answer.httpStatus !== 200) return null;
  return decodeBody(answer.body, answer.headers['content-encoding'], mostReplyBytes);
}
