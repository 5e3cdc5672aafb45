/**
 * Updates open pages by server-sent events. Events carry the state, not a log of changes: a page that reconnects gets
 * every part that differs, and its charts continue from the last sample (Last-Event-ID). Pages are informed when Redis
 * is lost and back. A page ends with its user's session. However many followers a page has, it is read once
 * (live-topic.ts).
 */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { belowBase, type PublicAddress } from '../public-address.ts';
import { chartSpans, type Sample, sampleEveryMs } from '../readings/samples.ts';
import { type LiveTopic, startTopic } from './live-topic.ts';
import type { Fragments } from './overview-view.ts';

export interface LivePage {
  /** Whose page it is: places are counted for each reader. */
  readonly reader: string;
  /** Whether the user may still see it; checked with every reading. */
  mayRead(): Promise<boolean>;
  /** Reads what the page shows; rejects when Redis is away. */
  read(): Promise<Fragments>;
  /** The form of a changed part; by default HTML for the page. */
  readonly tell?: (id: string, text: string) => { readonly event: string; readonly data: unknown };
  /** Samples after an instant, where the page has charts. */
  readonly samples?: (after: number) => Promise<readonly Sample[]>;
  /** How far back the charts reach when the page is opened; 15 minutes. */
  readonly chartMs?: number;
}

export interface LiveHub {
  /** Takes over the request until the page is closed. */
  open(request: FastifyRequest, reply: FastifyReply, livePage: LivePage): void;
  /** Whether a follower with the same credentials has the same page. */
  isFollowed(request: FastifyRequest): boolean;
  close(): void;
}

const usualEveryMs = 1000;
const mostPages = 2000;
/** One user cannot use up all connections. */
const mostPagesOfReader = 200;

export function createLiveHub(
  now: () => number,
  { basePath }: PublicAddress,
  everyMs = usualEveryMs,
): LiveHub {
  const topics = new Map<string, LiveTopic>();
  const closers = new Set<() => void>();
  const pagesOf = new Map<string, number>();
  const countPage = (reader: string, change: 1 | -1) => {
    const count = (pagesOf.get(reader) ?? 0) + change;
    if (count === 0) pagesOf.delete(reader);
    else pagesOf.set(reader, count);
  };
  const topicOf = (key: string, livePage: LivePage) => {
    const started =
      topics.get(key) ??
      startTopic({
        page: livePage,
        everyMs,
        move: (event) => belowBase(event, basePath),
        onEnd: () => topics.delete(key),
      });
    topics.set(key, started);
    return started;
  };
  return {
    isFollowed: (request) => topics.has(keyOf(request)),
    open(request, reply, livePage) {
      const { reader } = livePage;
      if (closers.size >= mostPages || (pagesOf.get(reader) ?? 0) >= mostPagesOfReader) {
        void reply.code(503).header('retry-after', '10').send('Too many open pages');
        return;
      }
      const raw = beginStream(reply);
      const topic = topicOf(keyOf(request), livePage);
      topic.join(raw, lastSampleOf(request, now() - (livePage.chartMs ?? chartSpans['15m'])));
      const close = () => {
        if (!closers.delete(close)) return;
        topic.leave(raw);
        countPage(reader, -1);
        raw.end();
      };
      closers.add(close);
      countPage(reader, 1);
      raw.on('close', close);
    },
    close() {
      for (const close of closers) close();
    },
  };
}

/** What the page shows depends on nothing else. */
function keyOf({ url, headers }: FastifyRequest): string {
  const { authorization, cookie } = headers;
  return createHash('sha256')
    .update(JSON.stringify([url, authorization, cookie]))
    .digest('base64');
}

function beginStream(reply: FastifyReply) {
  reply.hijack();
  const { raw } = reply;
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) raw.setHeader(name, value);
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  raw.write('retry: 1500\n\n');
  return raw;
}

function lastSampleOf({ headers }: FastifyRequest, first: number): number {
  const id = Number(headers['last-event-id']);
  return Math.max(Number.isSafeInteger(id) ? id : 0, Math.floor(first / sampleEveryMs) * sampleEveryMs);
}
