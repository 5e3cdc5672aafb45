/**
 * The source `https://…`: one list at a URL, downloaded only if it has changed. It is downloaded completely before a
 * link of it is enqueued, within limits of size and time, so a slow Redis does not hold the server's connection and an
 * interrupted transfer is retried. The rules for addresses are those of downloads.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Outgoing, OutgoingAnswer } from '../../shared/outgoing/outgoing.ts';
import type { ListFormat } from '../lists/list-source.ts';
import type { Finding, Source } from './source.ts';
import { SourceError } from './source-error.ts';
import { type SpooledList, spool } from './spool.ts';

export interface WebSourceDeps {
  readonly outgoing: Outgoing;
  readonly maxBytes: number;
  /** For one try, from the request to the last byte. */
  readonly timeoutMs: number;
  /** Waits between tries; their number bounds the tries. */
  readonly retryDelaysMs: readonly number[];
}

/** What is remembered of a list: what the server named it by, and what it was. */
const markSchema = z.object({
  etag: z.string().optional(),
  lastModified: z.string().optional(),
  sha256: z.string(),
});
type Mark = z.infer<typeof markSchema>;

type Fetched =
  | { readonly got: 'unchanged' }
  | { readonly got: 'list'; readonly answer: OutgoingAnswer; readonly spooled: SpooledList }
  | { readonly got: 'problem'; readonly problem: string; readonly mayPass: boolean };

const key = 'list';

export function createWebSource(address: string, url: string, deps: WebSourceDeps): Source {
  return {
    address,
    async *look(marks, signal) {
      const known = readMark(marks.get(key));
      const fetched = await fetchPatiently(url, known, deps, signal);
      if (fetched.got === 'problem') {
        throw new SourceError('source-unreachable', `${shown(url)} ${fetched.problem}.`);
      }
      if (fetched.got === 'unchanged') yield { found: 'unchanged', key, name: shown(url) };
      else {
        await using spooled = fetched.spooled;
        yield findingOf(url, fetched.answer, spooled, known);
      }
    },
  };
}

function findingOf(url: string, answer: OutgoingAnswer, spooled: SpooledList, known: Mark | null): Finding {
  const name = shown(url);
  const mark = JSON.stringify({
    etag: answer.headers['etag'],
    lastModified: answer.headers['last-modified'],
    sha256: spooled.sha256,
  } satisfies Record<keyof Mark, string | undefined>);
  if (known?.sha256 === spooled.sha256) return { found: 'unchanged', key, name, newMark: mark };
  const format = formatOf(answer.headers['content-type']);
  return {
    found: 'list',
    key,
    name,
    list: { name, chunks: spooled.chunks },
    ...(format === undefined ? {} : { format }),
    mark: async () => mark,
  };
}

async function fetchPatiently(
  url: string,
  known: Mark | null,
  deps: WebSourceDeps,
  signal: AbortSignal,
): Promise<Fetched> {
  for (const delayMs of deps.retryDelaysMs) {
    const fetched = await fetchOnce(url, known, deps, signal);
    if (fetched.got !== 'problem' || !fetched.mayPass) return fetched;
    await sleep(delayMs, undefined, { signal });
  }
  return fetchOnce(url, known, deps, signal);
}

async function fetchOnce(
  url: string,
  known: Mark | null,
  { outgoing, maxBytes, timeoutMs }: WebSourceDeps,
  signal: AbortSignal,
): Promise<Fetched> {
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const reply = await outgoing.request(
      { url, headers: conditionsOf(known) },
      AbortSignal.any([signal, deadline]),
    );
    if (reply.kind === 'refused') return problem(`is refused: ${reply.message}`, false);
    if (reply.kind === 'unreachable') return problem(`cannot be reached (${reply.code})`, true);
    const refusal = refusalOf(reply, known);
    if (refusal === null) {
      const spooled = await spool(reply.body, maxBytes);
      if (spooled !== null) return { got: 'list', answer: reply, spooled };
    }
    reply.body.destroy();
    return refusal ?? problem(`is larger than ${maxBytes} bytes (MAX_LIST_BYTES)`, false);
  } catch (error) {
    signal.throwIfAborted();
    if (deadline.aborted) return problem(`took longer than ${timeoutMs / 1000} s`, true);
    return problem(`broke off: ${error instanceof Error ? error.message : String(error)}`, true);
  }
}

/** What an answer is when it is no list; null when it is one. */
function refusalOf({ status, headers }: OutgoingAnswer, known: Mark | null): Fetched | null {
  if (status === 304 && known !== null) return { got: 'unchanged' };
  if (status !== 200) return problem(`answers ${status}`, passing.has(status) || status >= 500);
  if (/^text\/html|^application\/xhtml/i.test(headers['content-type'] ?? '')) {
    return problem('answers with a web page, not with a list', false);
  }
  return null;
}

const passing: ReadonlySet<number> = new Set([408, 425, 429]);

function problem(text: string, mayPass: boolean): Fetched {
  return { got: 'problem', problem: text, mayPass };
}

function conditionsOf(known: Mark | null): Record<string, string> {
  return {
    ...(known?.etag === undefined ? {} : { 'if-none-match': known.etag }),
    ...(known?.lastModified === undefined ? {} : { 'if-modified-since': known.lastModified }),
  };
}

function readMark(text: string | undefined): Mark | null {
  if (text === undefined) return null;
  try {
    return markSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** The server's word, where it is one; text/plain says nothing, as it is sent for everything. */
function formatOf(contentType: string | undefined): ListFormat | undefined {
  switch (contentType?.split(';', 1)[0]?.trim().toLowerCase()) {
    case 'text/csv':
      return 'csv';
    case 'text/tab-separated-values':
      return 'tsv';
    case 'application/x-ndjson':
    case 'application/jsonl':
    case 'application/x-jsonlines':
      return 'jsonl';
    default:
      return undefined;
  }
}

/** Without its query, which may hold a token of the list's owner. */
function shown(url: string): string {
  const { origin, pathname, search } = new URL(url);
  return `${origin}${pathname}${search === '' ? '' : '?…'}`;
}
