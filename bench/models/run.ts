/**
 * Models with inputs: `npm run bench -- models [prompts|bytes|files] [COUNT] [MEGABYTES]`.
 *
 * - `prompts`: rows with a prompt each, enqueued again, and with one prompt changed.
 * - `bytes`: Redis memory of a waiting link without inputs, with those of its batch, and with its own prompt.
 * - `files`: local files from one to that many megabytes, killed twice on the way, and enqueued again.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { createLedger } from '../../src/shared/ledger/ledger.ts';
import type { LedgerLink } from '../../src/shared/ledger/take-links.ts';
import { killWhen, measure } from '../million/executable.ts';
import { openOwnRedis } from '../million/own-redis.ts';
import { type BenchSystem, startBenchSystem } from '../system.ts';

const cases: Readonly<Record<string, (count: number, megabytes: number) => Promise<void>>> = {
  prompts: (count) => benchPrompts(count || 1000),
  bytes: (count) => benchBytes(count || 100_000),
  files: (count, megabytes) => benchFiles(count || 300, megabytes || 50),
};

export async function run([only, count, megabytes]: string[]): Promise<void> {
  for (const [name, bench] of Object.entries(cases)) {
    if (only !== undefined && only !== name) continue;
    console.log(`${name}\n`);
    await bench(Number(count ?? 0), Number(megabytes ?? 0));
    console.log('');
  }
}

const simulator = { limit: { max: 1000, windowMs: 1000 }, taskTime: '500ms' } as const;
const environment = { SUBMIT_LIMIT: '1000/1s' };

async function benchPrompts(count: number): Promise<void> {
  await using system = await startBenchSystem({ simulator, environment });
  const list = join(system.videos, '..', 'rows.csv');
  const write = (changed: number | null) => {
    const rows = Array.from({ length: count }, (_, n) => {
      const prompt = n === changed ? 'something else' : `make scene ${n} snow`;
      return `https://videos.invalid/${n}.mp4,"${prompt}"`;
    });
    return writeFile(list, `url,prompt\n${rows.join('\n')}\n`);
  };
  for (const [what, changed] of [
    ['the list', null],
    ['the same list again', null],
    ['one prompt changed', Math.floor(count / 2)],
  ] as const) {
    await write(changed);
    const before = system.simulator.counts().tasks;
    const { seconds, peakRssMib } = await runList(list, 'wan/2-7-videoedit', system);
    const tasks = system.simulator.counts().tasks - before;
    console.log(`${what.padEnd(20)} ${tasks} tasks, ${seconds.toFixed(1)} s, ${Math.round(peakRssMib)} MiB`);
  }
  const prompts = new Set(system.simulator.orders().map(({ link, input }) => `${link} ${input['prompt']}`));
  console.log(`different links with prompts  ${prompts.size}`);
}

function runList(list: string, model: string, system: BenchSystem, batch = 'rows') {
  const flags = ['--batch', batch, '--model', model, '--yes', '--json'];
  return measure(['run', list, ...flags], system.environment);
}

async function benchBytes(count: number): Promise<void> {
  const prompt = () => randomBytes(50).toString('hex');
  const one = { prompt: prompt() };
  await bytesOf('no inputs', count, () => ({}));
  await bytesOf('one prompt for all', count, () => ({ inputs: one }), one);
  await bytesOf('a prompt of 100 characters of its own', count, () => ({ inputs: { prompt: prompt() } }));
}

async function bytesOf(
  what: string,
  count: number,
  inputsOf: () => Pick<LedgerLink, 'inputs'>,
  inputs: LedgerLink['inputs'] = {},
): Promise<void> {
  await using own = await openOwnRedis();
  const redis = new Redis(own.url);
  const ledger = createLedger({ redis, prefix: '{kie-batch}', shareUrl: () => null });
  await ledger.openBatch('links', { model: 'wan/2-7-videoedit', root: '/srv/videos/' });
  const used = async () => Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
  const before = await used();
  for (let from = 0; from < count; from += 1000) {
    const links = Array.from({ length: 1000 }, () => {
      const id = `h${randomBytes(10).toString('hex')}`;
      return { id, url: `https://videos.example/${id}.mp4`, ...inputsOf() };
    });
    await ledger.enqueue('links', links, { inputs });
  }
  console.log(`${what.padEnd(40)} ${Math.round(((await used()) - before) / count)} bytes`);
  redis.disconnect();
}

async function benchFiles(count: number, megabytes: number): Promise<void> {
  await using system = await startBenchSystem({
    simulator: { ...simulator, taskTime: '2s' },
    environment: { ...environment, MAX_IN_FLIGHT: '50' },
  });
  const folder = join(system.videos, '..', 'clips');
  await writeClips(folder, count, megabytes);
  const flags = ['--batch', 'clips', '--model', 'topaz/video-upscale', '--yes', '--json'];
  for (const share of [0.3, 0.6]) {
    const isTime = async () => system.simulator.counts().uploads.length >= count * share;
    await killWhen(['run', folder, ...flags], system.environment, isTime);
    console.log(`killed after ${system.simulator.counts().uploads.length} uploads`);
  }
  for (const what of ['run to its end', 'given again']) {
    const { seconds, peakRssMib, firstLine } = await measure(['run', folder, ...flags], system.environment);
    const { uploads, tasks } = system.simulator.counts();
    const different = new Set(uploads.map(({ sha256 }) => sha256)).size;
    const total = uploads.reduce((sum, { bytes }) => sum + bytes, 0);
    console.log(
      `${what.padEnd(16)} ${seconds.toFixed(0)} s, ${Math.round(peakRssMib)} MiB; by then ${uploads.length} uploads of ${different} files, ${(total / 1e9).toFixed(1)} GB, ${tasks} tasks\n  ${firstLine}`,
    );
  }
}

/** Videos of ten seconds that differ, from one megabyte upwards; the rest of each is a hole that takes no room. */
async function writeClips(folder: string, count: number, megabytes: number): Promise<void> {
  const sample = await readFile(join(import.meta.dirname, '../../src/simulator/sample.mp4'));
  await mkdir(folder, { recursive: true });
  for (let n = 0; n < count; n += 1) {
    const bytes = Math.round((1 + ((n * 7919) % 1000) * ((megabytes - 1) / 1000)) * 1e6);
    const head = Buffer.alloc(16);
    head.writeUInt32BE(bytes - sample.length);
    head.write('free', 4);
    head.writeUInt32BE(n, 8);
    await using file = await open(join(folder, `${n}.mp4`), 'w');
    await file.write(Buffer.concat([sample, head]));
    await file.truncate(bytes);
  }
}
