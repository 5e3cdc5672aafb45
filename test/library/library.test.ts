/** kie-batch as a library, and the examples that use it, against the simulated vendor and a real Redis. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { takeVideos, tellBatch } from '../../examples/express.ts';
import { videosRoute } from '../../examples/next-route.ts';
import { filesOf } from '../../examples/wait.ts';
import { createProducer, createWorker, type Producer } from '../../src/index.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { redisPrefix } from '../setup/redis.ts';
import { shareLink } from '../setup/system.ts';
import { until } from '../setup/until.ts';

const logger = pino({ level: 'silent' });

async function openLibrary() {
  const simulator = await startSimulator({
    apiKey: 'key',
    limit: { max: 1000, windowMs: 1000 },
    taskTime: '50ms',
  });
  const folder = await mkdtemp(join(tmpdir(), 'kie-batch-library-'));
  const settings = {
    KIE_API_KEY: 'key',
    KIE_BASE_URL: simulator.url,
    REDIS_URL: inject('redisUrl'),
    QUEUE_PREFIX: redisPrefix(),
    STORAGE_URL: `file:${join(folder, 'videos')}`,
    ALLOW_PRIVATE_ADDRESSES: 'true',
    MIN_FREE_BYTES: '1MiB',
    SUBMIT_LIMIT: '1000/1s',
  };
  const producer = await createProducer({ settings, logger });
  onTestFinished(async () => {
    await producer.close();
    await simulator.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { producer, simulator, folder, settings };
}

const ended = (producer: Producer, batch: string) =>
  until(async () => {
    const status = await producer.batch(batch);
    return status?.ended === true && status;
  }, 'the batch has ended');

describe('the library', () => {
  it('enqueues links, processes them and reports the result of each', async () => {
    const { producer, settings, folder } = await openLibrary();
    const links = [0, 1, 2].map(shareLink);
    const given = [...links, links[0] ?? '', 'no link', ' '];
    expect(await producer.enqueue(given, { batch: 'mine' })).toEqual({
      batch: 'mine',
      total: 6,
      accepted: 3,
      duplicates: 1,
      alreadySaved: 0,
      invalid: 2,
      invalidLinks: [
        { index: 4, text: 'no link', reason: expect.stringContaining('no link here') },
        { index: 5, text: '', reason: 'no link here' },
      ],
      cost: { kind: 'each', credits: 10, basis: '10 a task, by the model’s definition' },
    });
    const worker = await createWorker({ settings, logger });
    expect(await ended(producer, 'mine')).toMatchObject({ total: 3, counts: { saved: 3 }, creditsSpent: 30 });
    await worker.stop();
    expect(await producer.link(links[1] ?? '')).toMatchObject({
      state: 'saved',
      file: expect.stringContaining(join(folder, 'videos', 'mine')),
    });
    expect(await producer.link(shareLink(99))).toBeNull();
    expect(await producer.batch('yours')).toBeNull();
    expect(await producer.enqueue(links, { batch: 'again' })).toMatchObject({ accepted: 0, alreadySaved: 3 });
  });

  it('waits for a link, for a batch and for each link as it ends', async () => {
    const { producer, settings, simulator } = await openLibrary();
    simulator.settings({ linkFaults: [{ contains: shareLink(1), fault: 'task-fails-422' }] });
    const links = [0, 1, 2].map(shareLink);
    await producer.enqueue(links, { batch: 'mine' });
    const told: string[] = [];
    const following = (async () => {
      for await (const { state } of producer.endedLinks('mine')) told.push(state);
    })();
    await using _worker = await createWorker({ settings, logger });
    expect(await producer.waitForLink(shareLink(0))).toMatchObject({ state: 'saved' });
    expect(await producer.waitForBatch('mine')).toMatchObject({
      ended: true,
      counts: { saved: 2, failed: 1 },
    });
    await following;
    expect(told.toSorted()).toEqual(['failed', 'saved', 'saved']);
    expect(await producer.waitForLink(shareLink(9))).toBeNull();
    await expect(producer.waitForBatch('yours')).rejects.toThrow('There is no batch "yours"');
  });

  it('retries and cancels, and a wait can be given up', async () => {
    const { producer } = await openLibrary();
    await producer.enqueue([0, 1].map(shareLink), { batch: 'mine' });
    const signal = AbortSignal.timeout(300);
    await expect(producer.waitForBatch('mine', { signal })).rejects.toThrow('timeout');
    expect(await producer.cancel('mine')).toMatchObject({ cancelled: 2 });
    expect(await producer.waitForBatch('mine')).toMatchObject({ counts: { cancelled: 2 } });
    expect(await producer.retry('mine')).toEqual({ retried: 2, collected: 0 });
    expect(await producer.batch('mine')).toMatchObject({ ended: false, counts: { queued: 2 } });
  });

  it('runs the example that waits for files', async () => {
    const { producer, settings } = await openLibrary();
    await using _worker = await createWorker({ settings, logger });
    const lines: string[] = [];
    for await (const line of filesOf(producer, 'example', [shareLink(0)])) lines.push(line);
    expect(lines).toEqual([expect.stringMatching(/ -> .*\.mp4$/)]);
  });

  it('takes links as they come, as many as there are', async () => {
    const { producer } = await openLibrary();
    async function* links() {
      for (let n = 0; n < 3000; n += 1) yield shareLink(n);
    }
    expect(await producer.enqueue(links(), { batch: 'many' })).toMatchObject({ total: 3000, accepted: 3000 });
  });

  it('keeps to the credits a batch may spend', async () => {
    const { producer, settings, simulator } = await openLibrary();
    await producer.enqueue([0, 1, 2, 3].map(shareLink), { batch: 'cheap', maxCredits: 20 });
    await using _worker = await createWorker({ settings, logger });
    const { counts, failures } = await ended(producer, 'cheap');
    expect([counts.saved, failures]).toEqual([2, { 'budget-exhausted': 2 }]);
    expect(simulator.counts().tasks).toBe(2);
  });

  it.each([
    ['a setting that is wrong', { SUBMIT_LIMIT: 'fast' }, /SUBMIT_LIMIT/],
    ['a key that is missing', { KIE_API_KEY: '' }, /KIE_API_KEY is not set/],
    ['a Redis that is not there', { REDIS_URL: 'redis://127.0.0.1:1' }, /cannot be reached/],
  ])('says what to do about %s', async (_what, change, message) => {
    const { settings } = await openLibrary();
    await expect(createWorker({ settings: { ...settings, ...change }, logger })).rejects.toThrow(message);
  });

  it.each([
    ['a name no batch can have', { batch: '../up' }, /is not a valid batch name/],
    ['a model nobody knows', { batch: 'x', model: 'y' }, /no model "y"/],
  ])('refuses %s', async (_what, options, message) => {
    const { producer } = await openLibrary();
    await expect(producer.enqueue([shareLink(0)], options)).rejects.toThrow(message);
  });
});

describe('the examples', () => {
  it('enqueue from Express', async () => {
    const { producer } = await openLibrary();
    const answers: [number, unknown][] = [];
    let code = 200;
    const response = {
      status(given: number) {
        code = given;
        return response;
      },
      json: (body: unknown) => answers.push([code, body]),
    };
    const fail = (error: unknown) => {
      throw error;
    };
    const body = { batch: 'web', links: [shareLink(0), 'nonsense'] };
    await takeVideos(producer)({ body, params: {} }, response, fail);
    await takeVideos(producer)({ body: 'nonsense', params: {} }, response, fail);
    await tellBatch(producer)({ params: { batch: 'web' } }, response, fail);
    await tellBatch(producer)({ params: { batch: 'other' } }, response, fail);
    expect(answers).toMatchObject([
      [202, { accepted: 1, invalid: 1 }],
      [400, {}],
      [200, { name: 'web', counts: { queued: 1 } }],
      [404, {}],
    ]);
  });

  it('enqueue from Next.js', async () => {
    const { producer } = await openLibrary();
    const { POST, GET } = videosRoute(async () => producer);
    const body = `${shareLink(0)}\n${shareLink(1)}\n`;
    const taken = await POST(new Request('http://localhost/videos?batch=web', { method: 'POST', body }));
    expect([taken.status, await taken.json()]).toMatchObject([202, { batch: 'web', accepted: 2 }]);
    const ask = (link: string) =>
      GET(new Request(`http://localhost/videos?link=${encodeURIComponent(link)}`));
    expect(await (await ask(shareLink(1))).json()).toMatchObject({ state: 'queued', batch: 'web' });
    expect((await ask(shareLink(2))).status).toBe(404);
    expect((await ask('nonsense')).status).toBe(400);
  });
});
