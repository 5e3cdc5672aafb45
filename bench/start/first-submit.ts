/** From the start of a process to its first create call at the simulated vendor; see run.ts. */
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { steadyClock } from '../../src/shared/clock.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { type OwnRedis, openOwnRedis } from '../million/own-redis.ts';
import { cpuMsOf, main, startNode, stopNode } from '../processes.ts';
import { shareLink } from '../system.ts';
import { medianOf, seconds, spreadOf } from './spread.ts';

interface Contender {
  readonly name: string;
  /** For Node. */
  args(place: Place): readonly string[];
}

/** Each run has a prefix and a vendor of its own, so that nothing is left from the one before. */
interface Place {
  readonly redis: OwnRedis;
  readonly vendor: string;
  readonly prefix: string;
  readonly list: string;
}

interface Start {
  readonly tookMs: number;
  /** Of its process, which does not depend on what else the machine does. */
  readonly cpuMs: number;
}

const built = join(import.meta.dirname, '../../bin/kie-batch.cjs');
const dist = join(import.meta.dirname, '../../dist/cli/main.js');
const links = Array.from({ length: 100 }, (_, n) => shareLink(n));

const bare: Contender = {
  name: 'bare BullMQ script',
  args: ({ vendor, redis, prefix }) => [
    join(import.meta.dirname, 'bare-submit.ts'),
    vendor,
    redis.url,
    prefix,
    shareLink(0),
  ],
};

const kieBatch = (name: string, executable: string): Contender => ({
  name,
  args: ({ list }) => [executable, 'run', list, '--yes'],
});

export async function measureFirstSubmits(runs: number): Promise<void> {
  await using redis = await openOwnRedis();
  const list = join(redis.folder, 'links.txt');
  await writeFile(list, links.join('\n'));
  const isBuilt = await stat(dist).catch(() => null);
  if (isBuilt === null) console.log('skipped: the built package, as there is no dist (npm run build)');
  const package_ = isBuilt === null ? [] : [kieBatch('kie-batch run, built', built)];
  const contenders = [bare, kieBatch('kie-batch run, source tree', main), ...package_];
  const startsOf = new Map(contenders.map((contender) => [contender, [] as Start[]]));
  // In turns, so that noise of the machine meets all of them; the first one is the run after an installation.
  for (let turn = 0; turn <= runs; turn += 1) {
    for (const [contender, starts] of startsOf) {
      await using simulator = await startSimulator({ apiKey: 'key-of-the-benchmarks' });
      const prefix = `{start-${contenders.indexOf(contender)}-${turn}}`;
      starts.push(await measure(contender, { redis, vendor: simulator.url, prefix, list }, simulator));
    }
  }
  const ofBare = medianOf((startsOf.get(bare) ?? []).slice(1).map(({ tookMs }) => tookMs));
  for (const [{ name }, [first, ...starts]] of startsOf) {
    const times = starts.map(({ tookMs }) => tookMs);
    const ratio = (medianOf(times) / ofBare).toFixed(2);
    const cpu = seconds(medianOf(starts.map(({ cpuMs }) => cpuMs)));
    console.log(`first submit, ${name}: ${spreadOf(times)}; ${ratio} of bare; CPU until then ${cpu}`);
    console.log(`  very first ${seconds(first?.tookMs ?? Number.NaN)}, then ${times.map(seconds).join(' ')}`);
  }
}

async function measure(contender: Contender, place: Place, simulator: Simulator): Promise<Start> {
  const { redis, vendor, prefix } = place;
  const startedAt = steadyClock.now();
  const child = startNode(contender.args(place), {
    KIE_API_KEY: 'key-of-the-benchmarks',
    KIE_BASE_URL: vendor,
    KIE_UPLOAD_URL: vendor,
    REDIS_URL: redis.url,
    QUEUE_PREFIX: prefix,
    DATA_DIR: join(redis.folder, prefix, 'logs'),
    STORAGE_URL: `file:${join(redis.folder, prefix, 'files')}`,
    ALLOW_PRIVATE_ADDRESSES: 'true',
    MIN_FREE_BYTES: '1MiB',
    XDG_CACHE_HOME: join(redis.folder, 'cache'),
  });
  child.stdout?.resume();
  try {
    while (simulator.counts().admittedAtMs.length === 0) {
      if (child.exitCode !== null) throw new Error(`${contender.name} ended with ${child.exitCode}`);
      await sleep(2);
    }
    const [firstAtMs = Number.NaN] = simulator.counts().admittedAtMs;
    return { tookMs: firstAtMs - startedAt, cpuMs: await cpuMsOf([child.pid ?? 0]) };
  } finally {
    await stopNode(child, 'SIGKILL');
  }
}
