/** A budget on a model that is paid by the second of video: videos with real headers, and videos without any. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { noteRealPrice } from '../../src/shared/prices/learned-prices.ts';
import { parseByteRange } from '../../src/simulator/byte-range.ts';
import { type System, startSystem } from '../setup/system.ts';
import { until } from '../setup/until.ts';

const run = promisify(execFile);
const model = 'topaz/video-upscale';
const budget = 3000;
const videos = 60;

async function serveFiles(files: readonly Buffer[]) {
  const server = createServer((request, response) => {
    const file = files[Number(/\d+/.exec(request.url ?? '')?.[0] ?? 0) % files.length] ?? Buffer.alloc(0);
    const range = parseByteRange(request.headers.range, file.length);
    if (typeof range === 'string') return void response.writeHead(416).end();
    const headers = { 'content-range': `bytes ${range.from}-${range.to - 1}/${file.length}` };
    response.writeHead(206, headers).end(file.subarray(range.from, range.to));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

/** From 5 to 20 seconds, in no order. */
const secondsOf = (n: number) => 5 + ((n * 7) % 16);
const costOf = (link: string) => 8 * secondsOf(Number(/(\d+)\.mp4$/.exec(link)?.[1] ?? 0));

async function makeFiles(folder: string): Promise<Buffer[]> {
  const files: Buffer[] = [];
  for (let n = 0; n < 16; n += 1) {
    const path = join(folder, `${n}.mp4`);
    const source = ['-f', 'lavfi', '-i', `color=size=16x16:rate=1:duration=${secondsOf(n)}`];
    const start = n % 2 === 0 ? ['-movflags', '+faststart'] : [];
    await run('ffmpeg', ['-y', '-loglevel', 'error', ...source, ...start, path]);
    files.push(await readFile(path));
  }
  return files;
}

async function spend(system: System, url: (n: number) => string) {
  const { ledger } = system.session;
  await ledger.openBatch('test', { model, root: '/' });
  await ledger.setBudget('test', budget, null);
  await ledger.enqueue(
    'test',
    Array.from({ length: videos }, (_, n) => ({ id: `h${n}`, url: url(n) })),
  );
  await system.startWorker();
  const batch = await system.ended();
  const { creditsSpent } = system.simulator.counts();
  expect(batch.creditsSpent).toBe(creditsSpent);
  expect(batch.counts.saved + (batch.failures['budget-exhausted'] ?? 0)).toBe(videos);
  return creditsSpent;
}

const simulator = { taskTime: '3s' } as const;

it('is never exceeded and nearly used up where lengths can be read', async () => {
  // The vendor charges by the definition and by what the headers of the files say.
  await using system = await startSystem({ simulator });
  const files = await serveFiles(await makeFiles(system.folder));
  const spent = await spend(system, (n) => `${files.url}/${n}.mp4`);
  files.close();
  expect(spent).toBeLessThanOrEqual(budget);
  expect(spent).toBeGreaterThanOrEqual(budget * 0.95);
});

it('is exceeded by at most one task where lengths cannot be known', async () => {
  await using system = await startSystem({ simulator, hooks: { creditsOf: costOf } });
  const spent = await spend(system, (n) => `http://127.0.0.1:9/${n}.mp4`);
  expect(spent).toBeLessThanOrEqual(budget + 160);
  expect(spent).toBeGreaterThanOrEqual(budget * 0.8);
});

it('is never exceeded and nearly used up where tasks cost a quarter more than the price list says', async () => {
  await using system = await startSystem({ simulator: { ...simulator, priceFactor: 1.25 } });
  await system.session.prices.freshen();
  const files = await serveFiles(await makeFiles(system.folder));
  await system.session.ledger.openBatch('first', { model, root: '/' });
  const { redis, models } = system.session;
  const prefix = system.environment['QUEUE_PREFIX'] ?? '';
  const { listed, input } = models.get(model);
  expect(listed?.price).toMatchObject({ credits: 8, by: { upscale_factor: { '4': 14 } } });
  const per = { unit: 'second', credits: 8 } as const;
  const task = { model: models.get(model), inputs: input.defaults };
  await noteRealPrice({ redis, prefix }, task, { credits: 50, base: 40, per });
  const spent = await spend(system, (n) => `${files.url}/${n}.mp4`);
  files.close();
  expect(spent).toBeLessThanOrEqual(budget);
  expect(spent).toBeGreaterThanOrEqual(budget * 0.9);
});

it('ends where the vendor shows no credits while a task runs', async () => {
  const quick = { taskTime: '200ms', showCredits: 'at-end' } as const;
  await using system = await startSystem({ simulator: quick });
  await system.session.ledger.openBatch('test', { model: 'sora-watermark-remover', root: '/' });
  await system.session.ledger.setBudget('test', 40, 10);
  await system.give(6);
  await system.startWorker();
  const batch = await system.ended();
  expect(batch.creditsSpent).toBe(40);
  expect(batch.counts.saved).toBe(4);
});

it('of 200 pays one task of 80 where 10 were expected, and pauses the batch', async () => {
  await using system = await startSystem({ simulator: { ...simulator, creditsPerTask: 80 } });
  const { ledger } = system.session;
  await ledger.openBatch('test', { model: 'sora-watermark-remover', root: '/' });
  await ledger.setBudget('test', 200, 10);
  await system.give(40);
  await system.startWorker();
  const batch = await until(async () => {
    const now = await ledger.batch('test');
    return now?.dearer && now.counts.saved === 1 ? now : null;
  }, 'the batch is paused and its task saved');
  expect(batch).toMatchObject({ creditsSpent: 80, isPaused: true, dearer: { announced: 10, costs: 80 } });
  expect(system.simulator.counts().tasks).toBe(1);
});
