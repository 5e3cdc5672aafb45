/** What follows by server-sent events: resumption, and a Redis that goes away and comes back. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { fastify } from 'fastify';
import { describe, expect, inject, it } from 'vitest';
import { Html } from '../../src/server/dashboard/html.ts';
import { createLiveHub } from '../../src/server/dashboard/live.ts';
import { publicAddressOf } from '../../src/server/public-address.ts';
import { addSample, emptySample, sampleEveryMs, samplesSince } from '../../src/server/readings/samples.ts';
import { connectTestRedis, redisPrefix } from '../setup/redis.ts';
import { startRedisProxy } from '../setup/redis-proxy.ts';
import { until } from '../setup/until.ts';
import { openWindow } from './window.ts';

/** Collects the events of a live page until disposed. */
function follow(url: string, headers: Record<string, string> = {}) {
  const stopping = new AbortController();
  let text = '';
  const done = fetch(url, { headers, signal: stopping.signal })
    .then(async (answer) => {
      for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString();
    })
    .catch(() => undefined);
  return {
    text: () => text,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await done;
    },
  };
}

const sample = {
  ...emptySample(0),
  waiting: 1,
  atVendor: 2,
  downloading: 3,
  saved: 4,
  failed: 5,
  admitted: 6,
  refused: 7,
  limitPer10s: 20,
  oldestWaitingMs: 9000,
};

describe('a live page', () => {
  it('gets every part at first, then only what has changed', async () => {
    await using window = await openWindow();
    await using page = follow(`${window.url}/live/`);
    await until(() => page.text().includes('"id":"headline"'), 'the first parts are here');
    await until(() => page.text().includes('event: connection'), 'the page is told that all is well');
    const before = page.text().length;
    await window.system.give(2);
    await until(() => page.text().slice(before).includes('"id":"tiles"'), 'the change is here');
    expect(page.text().slice(before)).not.toContain('"id":"failures"');
  });

  it('continues after the last sample it has', async () => {
    const prefix = redisPrefix();
    const tick = Math.floor(Date.now() / sampleEveryMs) * sampleEveryMs - 60_000;
    const redis = connectTestRedis();
    for (const at of [tick, tick + sampleEveryMs]) await addSample({ redis, prefix }, { ...sample, at });
    await redis.quit();
    await using window = await openWindow({ environment: { QUEUE_PREFIX: prefix } });
    await using page = follow(`${window.url}/live/`, { 'last-event-id': String(tick) });
    await until(() => page.text().includes(`"at":${tick + sampleEveryMs},`), 'the later sample is here');
    expect(page.text()).not.toContain(`"at":${tick},`);
  });

  it('is informed when Redis is lost and back', async () => {
    await using redis = await startRedisProxy(inject('redisUrl'));
    await using window = await openWindow({ environment: { REDIS_URL: redis.url } });
    await using page = follow(`${window.url}/live/`);
    await until(() => page.text().includes('"redis":"here"'), 'the page is live');
    redis.cut();
    await until(() => page.text().includes('"redis":"away"'), 'the page is told that Redis is away');
    expect((await window.get('/')).status).toBe(503);
    const before = page.text().length;
    redis.restore();
    await until(
      () => page.text().slice(before).includes('"redis":"here"'),
      'the page is told that Redis is back',
    );
    expect((await window.get('/')).status).toBe(200);
  });
});

/** A server with one live page, which is what `text` says. */
async function serveLive(text: () => string) {
  const server = fastify();
  const hub = createLiveHub(() => Date.now(), publicAddressOf(undefined), 20);
  let readings = 0;
  server.get('/live', (request, reply) =>
    hub.open(request, reply, {
      reader: 'reader',
      mayRead: async () => true,
      read: async () => {
        readings += 1;
        return { part: new Html(text()) };
      },
    }),
  );
  const url = await server.listen({ port: 0 });
  return {
    url: `${url}/live`,
    readings: () => readings,
    /** A reader that takes nothing in; what has come waits in its socket. */
    async openUnread() {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.pause();
      socket.write('GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n');
      return socket;
    },
    connections: promisify(server.server.getConnections.bind(server.server)),
    async [Symbol.asyncDispose]() {
      hub.close();
      server.server.closeAllConnections();
      await server.close();
    },
  };
}

describe('followers of one page', () => {
  it('share its readings, however many they are', async () => {
    let text = 'before';
    await using live = await serveLive(() => text);
    await using first = follow(live.url);
    await until(() => first.text().includes('before'), 'the first is told');
    const many = Array.from({ length: 50 }, () => follow(live.url));
    await until(() => many.every((page) => page.text().includes('before')), 'the others are told too');
    text = 'after';
    const before = live.readings();
    await until(() => many.every((page) => page.text().includes('after')), 'all are told');
    expect(live.readings() - before).toBeLessThan(50);
    for (const page of many) {
      expect(page.text().match(/before/g)).toHaveLength(1);
      await page[Symbol.asyncDispose]();
    }
  });

  it('are disconnected if they do not read, and do not block others', async () => {
    let n = 0;
    const filler = 'x'.repeat(4_000_000);
    await using live = await serveLive(() => `${n++} ${filler}`);
    const stuck = await live.openUnread();
    await using reading = follow(live.url);
    await until(() => reading.text().length > 20_000_000, 'the other goes on');
    await until(async () => ((await live.connections()) === 1 ? true : null), 'the stuck one is dropped');
    stuck.destroy();
  });
});

it('a live page of a batch that does not exist is not found', async () => {
  await using window = await openWindow();
  const answer = await window.get('/live/batches/unknown');
  expect(answer.status).toBe(404);
  await answer.body?.cancel();
});

it('of several servers one takes each sample', async () => {
  const [redis, prefix] = [connectTestRedis(), redisPrefix()];
  const at = Math.floor(Date.now() / sampleEveryMs) * sampleEveryMs;
  const taken = await Promise.all([1, 2, 3].map(() => addSample({ redis, prefix }, { ...sample, at })));
  expect(taken.filter(Boolean)).toHaveLength(1);
  expect(await samplesSince({ redis, prefix }, at - 1)).toEqual([{ ...sample, at }]);
  expect(await samplesSince({ redis, prefix }, at)).toEqual([]);
  await redis.quit();
});
