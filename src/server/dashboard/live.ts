/**
 * Keeps open pages up to date by server-sent events. What is sent is the state, not a log of changes: a page
 * that comes back after an interruption gets every part that differs, and its charts continue from the last
 * sample it has (Last-Event-ID). While Redis is away each page is told so, and told when it is back. A page ends with
 * its reader's session, and is dropped when its reader does not read.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { belowBase, type PublicAddress } from '../public-address.ts';
import { chartSpans, type Sample } from '../readings/samples.ts';
import type { Fragments } from './overview-view.ts';

export interface LivePage {
  /** Whose page it is: places are counted for each reader. */
  readonly reader: string;
  /** Whether the reader may still look; asked with every reading. */
  mayRead(): Promise<boolean>;
  /** Reads what the page shows; rejects when Redis is away. */
  read(): Promise<Fragments>;
  /** How a part that has changed is told; without it as HTML to put into the page. */
  readonly tell?: (id: string, text: string) => { readonly event: string; readonly data: unknown };
  /** Samples after an instant, where the page has charts. */
  readonly samples?: (after: number) => Promise<readonly Sample[]>;
  /** How far back the charts reach when the page is opened; 15 minutes. */
  readonly chartMs?: number;
}

export interface LiveHub {
  /** Takes the request over until the page is left. */
  open(request: FastifyRequest, reply: FastifyReply, livePage: LivePage): void;
  close(): void;
}

const everyMs = 1000;
const mostPages = 2000;
/** One reader cannot take the places of all others. */
const mostPagesOfReader = 200;
/** A reader that leaves so much unread is gone or stuck; its page asks again when it is back. */
const mostUnreadBytes = 1024 * 1024;
/** Less than the idle limits of usual proxies. */
const heartbeatEveryTicks = 15;

export function createLiveHub(now: () => number, { basePath }: PublicAddress): LiveHub {
  const closers = new Set<() => void>();
  const pagesOf = new Map<string, number>();
  const countPage = (reader: string, change: 1 | -1) => {
    const count = (pagesOf.get(reader) ?? 0) + change;
    if (count === 0) pagesOf.delete(reader);
    else pagesOf.set(reader, count);
  };
  return {
    open(request, reply, livePage) {
      const { reader } = livePage;
      if (closers.size >= mostPages || (pagesOf.get(reader) ?? 0) >= mostPagesOfReader) {
        void reply.code(503).header('retry-after', '10').send('Too many open pages');
        return;
      }
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
      const send = (event: string) => {
        if (raw.destroyed) return;
        if (raw.writableLength > mostUnreadBytes) raw.destroy();
        else raw.write(belowBase(event, basePath));
      };
      const stop = follow(
        livePage,
        lastSampleOf(request, now() - (livePage.chartMs ?? chartSpans['15m'])),
        send,
        () => raw.end(),
      );
      const close = () => {
        if (!closers.delete(close)) return;
        stop();
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

function lastSampleOf({ headers }: FastifyRequest, first: number): number {
  const id = Number(headers['last-event-id']);
  return Math.max(Number.isSafeInteger(id) ? id : 0, first);
}

function follow(
  livePage: LivePage,
  lastSample: number,
  write: (event: string) => void,
  end: () => void,
): () => void {
  const sent = new Map<string, string>();
  let [latest, ticks, isAway, stopped] = [lastSample, 0, false, false];
  let timer: NodeJS.Timeout | undefined;

  async function tick(): Promise<void> {
    try {
      if (!(await livePage.mayRead())) {
        write(eventOf('signed-out', {}));
        stopped = true;
        return end();
      }
      for (const [id, { text }] of Object.entries(await livePage.read())) {
        if (sent.get(id) === text) continue;
        sent.set(id, text);
        const { event, data } = livePage.tell?.(id, text) ?? { event: 'part', data: { id, html: text } };
        write(eventOf(event, data));
      }
      await sendSamples();
      if (isAway || ticks === 0) write(eventOf('connection', { redis: 'here' }));
      isAway = false;
    } catch {
      if (!isAway) write(eventOf('connection', { redis: 'away' }));
      isAway = true;
    }
    if (ticks % heartbeatEveryTicks === 0) write(': still here\n\n');
    ticks += 1;
    if (!stopped) timer = setTimeout(tick, everyMs);
  }

  async function sendSamples(): Promise<void> {
    if (livePage.samples === undefined) return;
    const samples = await livePage.samples(latest);
    const last = samples.at(-1);
    if (last === undefined) return;
    latest = last.at;
    write(`id: ${latest}\n${eventOf('samples', samples)}`);
  }

  void tick();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** JSON has no line breaks, so it is one `data` line. */
function eventOf(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
