/** How the vendor answers: what calls come to, how long the first byte takes, and what is kept of it in Redis. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import {
  callsBetween,
  createVendorCallCounter,
  readVendorCalls,
  type VendorCall,
} from '../../../src/shared/gate-state/vendor-calls.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';
import { connect, defaultModel, LINK, never, refusingUrl, serveHttp } from '../vendor/loopback-server.ts';

it('the quantiles of a minute are true to a tenth, and of that minute alone', async () => {
  const keyspace = { redis: connectTestRedis(), prefix: redisPrefix() };
  const counter = createVendorCallCounter(keyspace);
  const count = (firstByteMs: number) => counter.count({ operation: 'query', outcome: 'ok', firstByteMs });
  for (let n = 0; n < 50; n += 1) count(5000);
  await counter.close();
  const before = await readVendorCalls(keyspace);
  for (let ms = 1; ms <= 1000; ms += 1) count(ms);
  counter.count({ operation: 'submit', outcome: 'no-answer', firstByteMs: null });
  await counter.close();
  const after = await readVendorCalls(keyspace);
  const { calls, outcomes, medianMs, p95Ms } = callsBetween(before, after, ['query']);
  expect([calls, outcomes.ok]).toEqual([1000, 1000]);
  expect(Math.abs((medianMs ?? 0) / 500 - 1)).toBeLessThan(0.1);
  expect(Math.abs((p95Ms ?? 0) / 950 - 1)).toBeLessThan(0.1);
  expect(callsBetween(before, after, ['submit', 'query']).outcomes['no-answer']).toBe(1);
  expect(callsBetween(after, after, ['submit', 'query'])).toMatchObject({
    calls: 0,
    medianMs: null,
    p95Ms: null,
  });
  await keyspace.redis.quit();
});

it('whatever times are counted, the number of fields is bounded', async () => {
  const keyspace = { redis: connectTestRedis(), prefix: redisPrefix() };
  const counter = createVendorCallCounter(keyspace);
  for (let ms = 0.001; ms < 1e9; ms *= 1.01)
    counter.count({ operation: 'submit', outcome: 'ok', firstByteMs: ms });
  await counter.close();
  expect((await readVendorCalls(keyspace)).size).toBeLessThanOrEqual(66);
  await keyspace.redis.quit();
});

it('the client reports the outcome of each call, and its time to the first byte', async () => {
  const answers = [
    { code: 200, msg: 'success', data: { taskId: 'abc' } },
    { code: 429, msg: 'too fast' },
    { code: 500, msg: 'Internal error' },
    { code: 402, msg: 'Credits insufficient' },
  ];
  const url = await serveHttp(async (_request, response) => {
    const answer = answers.shift();
    await sleep(30);
    response.writeHead(200).end(JSON.stringify(answer));
  });
  const calls: VendorCall[] = [];
  const onCall = (call: VendorCall) => void calls.push(call);
  const { client } = connect(url, { onCall });
  for (let n = 0; n < 4; n += 1) await client.create({ model: defaultModel, url: LINK }, never());
  await connect(await refusingUrl(), { onCall }).client.read(defaultModel, 't', never());
  await client.create({ model: defaultModel, url: LINK }, AbortSignal.abort());
  expect(calls.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual([
    'submit ok',
    'submit throttled',
    'submit server-error',
    'submit halted',
    'query no-answer',
  ]);
  const times = calls.slice(0, 4).map(({ firstByteMs }) => firstByteMs ?? 0);
  for (const ms of times) expect(ms).toBeGreaterThan(25);
  expect(calls.at(-1)?.firstByteMs).toBeNull();
});
