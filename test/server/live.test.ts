/** What follows by server-sent events: resumption, and a Redis that goes away and comes back. */
import { describe, expect, inject, it } from 'vitest';
import { addSample, sampleEveryMs, samplesSince } from '../../src/server/readings/samples.ts';
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
  at: 0,
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

  it('is told when Redis is away and when it is back', async () => {
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

it('of several servers one takes each sample', async () => {
  const [redis, prefix] = [connectTestRedis(), redisPrefix()];
  const at = Math.floor(Date.now() / sampleEveryMs) * sampleEveryMs;
  const taken = await Promise.all([1, 2, 3].map(() => addSample({ redis, prefix }, { ...sample, at })));
  expect(taken.filter(Boolean)).toHaveLength(1);
  expect(await samplesSince({ redis, prefix }, at - 1)).toEqual([{ ...sample, at }]);
  expect(await samplesSince({ redis, prefix }, at)).toEqual([]);
  await redis.quit();
});
