/**
 * One live page with all its followers that have the same credentials: read once a second for all of them; each
 * follower gets the parts that differ from what it has. A follower whose connection still has unsent bytes gets nothing
 * more, so that it costs at most one state of the page; it gets the newest state later, and is disconnected if it does
 * not read. Started by live.ts.
 */
import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LivePage } from './live.ts';

/** What a follower has. */
interface Told {
  /** The tick of the newest part. */
  readonly tick: number;
  /** The instant of the newest sample. */
  readonly sampleAt: number;
  readonly connection: 'here' | 'away' | null;
}

interface Follower {
  readonly raw: ServerResponse;
  told: Told;
  /** Ticks since when bytes have been waiting for it. */
  unreadTicks: number;
}

interface Part {
  readonly text: string;
  /** When it changed last. */
  readonly tick: number;
  readonly event: string;
}

export interface LiveTopic {
  /** @param sampleAt the newest sample that the follower has, Unix milliseconds */
  join(raw: ServerResponse, sampleAt: number): void;
  /** The last one to leave ends the topic. */
  leave(raw: ServerResponse): void;
}

/** Less than the idle limits of usual proxies. */
const heartbeatEveryTicks = 15;
/** A follower that reads nothing for this long is dead or stuck; its page reconnects later. */
const patienceTicks = 30;
/** Others are served in between. */
const followersATurn = 50;

export interface TopicOptions {
  readonly page: LivePage;
  readonly everyMs: number;
  /** Rewrites paths in what is sent. */
  readonly move: (event: string) => string;
  /** The last follower has left. */
  readonly onEnd: () => void;
}

export function startTopic({ page, everyMs, move, onEnd }: TopicOptions): LiveTopic {
  const followers = new Map<ServerResponse, Follower>();
  let parts = new Map<string, Part>();
  let [tick, isAway, isStopped] = [0, false, false];
  let timer: NodeJS.Timeout | undefined;

  async function run(): Promise<void> {
    tick += 1;
    const mayRead = await readPage();
    if (mayRead) await tellAll();
    else for (const { raw } of followers.values()) raw.end(eventOf('signed-out', {}));
    if (mayRead && !isStopped) timer = setTimeout(() => void run(), everyMs);
  }

  /** @returns whether its followers may still see it */
  async function readPage(): Promise<boolean> {
    try {
      if (!(await page.mayRead())) return false;
      const shown = Object.entries(await page.read());
      parts = new Map(shown.map(([id, { text }]) => [id, partOf(id, text)]));
      isAway = false;
    } catch {
      isAway = true;
    }
    return true;
  }

  function partOf(id: string, text: string): Part {
    const before = parts.get(id);
    if (before?.text === text) return before;
    const { event, data } = page.tell?.(id, text) ?? { event: 'part', data: { id, html: text } };
    return { text, tick, event: move(eventOf(event, data)) };
  }

  async function tellAll(): Promise<void> {
    // Most followers have the same: what they get is put together once.
    const composed = new Map<string, Promise<{ bytes: Buffer; told: Told }>>();
    let count = 0;
    for (const follower of followers.values()) {
      if (hasUnread(follower)) continue;
      const key = Object.values(follower.told).join();
      const news = composed.get(key) ?? compose(follower.told);
      composed.set(key, news);
      const { bytes, told } = await news;
      follower.told = told;
      if (bytes.length > 0) follower.raw.write(bytes);
      count += 1;
      if (count % followersATurn === 0) await nextTurn();
    }
  }

  async function compose(told: Told): Promise<{ bytes: Buffer; told: Told }> {
    const samples = isAway ? null : await samplesAfter(told.sampleAt);
    const connection = samples === null ? 'away' : 'here';
    const events: string[] = [];
    if (samples !== null)
      for (const part of parts.values()) if (part.tick > told.tick) events.push(part.event);
    const sampleAt = samples?.at(-1)?.at ?? told.sampleAt;
    if (samples !== null && samples.length > 0)
      events.push(`id: ${sampleAt}\n${eventOf('samples', samples)}`);
    if (connection !== told.connection) events.push(eventOf('connection', { redis: connection }));
    if (tick % heartbeatEveryTicks === 1) events.push(': still here\n\n');
    const next = { tick: samples === null ? told.tick : tick, sampleAt, connection } as const;
    return { bytes: Buffer.from(events.join('')), told: next };
  }

  /** Null while Redis is away. */
  function samplesAfter(sampleAt: number) {
    return (page.samples?.(sampleAt) ?? Promise.resolve([])).catch(() => null);
  }

  void run();
  return {
    join(raw, sampleAt) {
      followers.set(raw, { raw, told: { tick: 0, sampleAt, connection: null }, unreadTicks: 0 });
    },
    leave(raw) {
      followers.delete(raw);
      if (followers.size > 0) return;
      isStopped = true;
      clearTimeout(timer);
      onEnd();
    },
  };
}

function hasUnread(follower: Follower): boolean {
  const { raw } = follower;
  follower.unreadTicks = raw.writableLength > 0 ? follower.unreadTicks + 1 : 0;
  if (follower.unreadTicks > patienceTicks) raw.destroy();
  return raw.destroyed || follower.unreadTicks > 0;
}

/** JSON has no line breaks, so it is one `data` line. */
function eventOf(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
