/** A mistake in a request changes nothing, and neither does a request while Redis is away, then or later. */
import { describe, expect, inject, it } from 'vitest';
import { startRedisProxy } from '../setup/redis-proxy.ts';
import { shareLink, startSystem } from '../setup/system.ts';
import { until } from '../setup/until.ts';
import { openWindow, type TestWindow } from './window.ts';

function call(window: TestWindow, path: string, body?: object) {
  return fetch(`${window.url}/api/v1/${path}`, {
    method: 'POST',
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
}

describe('a request with an unknown field', () => {
  it.each([
    ['batches/test/retry', { reson: 'rejected' }, 'reson'],
    ['batches/test/cancel', { reason: 'rejected' }, 'reason'],
    ['batches/test/pause', { all: true }, 'all'],
    ['batches/test/priority', { priority: 2, prio: 3 }, 'prio'],
    ['batches/test/retry?reason=rejected', {}, 'reason'],
  ])('%s with %j is refused and names it', async (path, body, name) => {
    await using window = await openWindow();
    await window.system.give(2);
    await call(window, 'batches/test/cancel');
    const answer = await call(window, path, body);
    expect(answer.status).toBe(422);
    expect((await answer.json()).detail).toContain(name);
    expect(await window.system.session.ledger.batch('test')).toMatchObject({
      counts: { cancelled: 2, queued: 0 },
    });
  });

  it('in a query of a reading call is refused too', async () => {
    await using window = await openWindow();
    await window.system.give(1);
    const answer = await window.get('/api/v1/batches/test/items?stat=failed');
    expect(answer.status).toBe(422);
    expect((await answer.json()).detail).toContain('stat');
  });

  it('a form with an unknown reason retries nothing', async () => {
    await using window = await openWindow();
    await window.system.give(2);
    await call(window, 'batches/test/cancel');
    const answer = await window.post('/batches/test/retry', { reason: 'nonsense' });
    expect(answer.status).toBe(422);
    expect(await window.system.session.ledger.batch('test')).toMatchObject({ counts: { cancelled: 2 } });
  });
});

describe('while Redis is away', () => {
  it('a server that is about to start waits for it', async () => {
    await using redis = await startRedisProxy(inject('redisUrl'));
    await using system = await startSystem({ environment: { REDIS_URL: redis.url } });
    redis.cut();
    const before = redis.refused();
    const side = system.session.connectForRequests();
    const outcome = side.then(
      () => 'connected',
      (error: unknown) => String(error),
    );
    await until(() => redis.refused() >= before + 4, 'it has tried more than once');
    redis.restore();
    expect(await outcome).toBe('connected');
    await (await side).close();
  });

  it('actions are refused at once, and nothing of them happens later', async () => {
    await using redis = await startRedisProxy(inject('redisUrl'));
    await using window = await openWindow({ environment: { REDIS_URL: redis.url } });
    await window.system.give(2);
    const csrf = /name="csrf" value="(\w+)"/.exec(await (await window.get('/new')).text())?.[1] ?? '';
    redis.cut();
    await until(async () => (await window.get('/')).status === 503, 'the server knows that Redis is away');
    const answers = [
      await call(window, 'batches/test/pause'),
      await call(window, 'pause'),
      await window.post('/batches/test/cancel', { csrf }),
      await fetch(`${window.url}/api/v1/batches?batch=late`, { method: 'POST', body: shareLink(9) }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503]);
    for (const answer of answers) {
      const text = await answer.text();
      expect(text).toContain('Nothing was changed');
      // Loading the page again would send the form again.
      expect(text).not.toContain('data-waits');
    }
    redis.restore();
    await until(async () => (await window.get('/')).status === 200, 'Connected to Redis again');
    expect(await window.system.session.ledger.batch('test')).toMatchObject({
      isPaused: false,
      counts: { queued: 2 },
    });
    expect(await window.system.session.ledger.batch('late')).toBeNull();
    expect((await call(window, 'batches/test/pause')).status).toBe(200);
  });
});
