/**
 * A flood of callbacks with foreign task ids to one known address: `npm run bench -- flood [LINKS] [POSTS]` (default 300
 * links, 10,000 posts). The same batch runs without and with the flood; `serve` and the sender are separate processes.
 * Prints the links per second of both, the state of the item, and the size of its record.
 */
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createCallbackTokens } from '../../src/shared/callbacks/callback-tokens.ts';
import { freePort } from '../free-port.ts';
import { startServe } from '../served.ts';
import { type BenchSystem, startBenchSystem } from '../system.ts';

const victim = `s_${'f'.repeat(32)}`;
const file = (path: string) => new URL(path, import.meta.url).pathname;

export async function run([links = '300', posts = '10000']: readonly string[]): Promise<void> {
  const quiet = await measure(Number(links), 0);
  const flooded = await measure(Number(links), Number(posts));
  console.log(`throughput under the flood: ${(flooded / quiet).toFixed(2)} of what it is without`);
}

/** @returns links a second */
async function measure(links: number, posts: number): Promise<number> {
  const port = await freePort();
  await using system = await startBenchSystem({
    simulator: { limit: { max: 100_000, windowMs: 1000 }, taskTime: '1s' },
    environment: {
      SUBMIT_LIMIT: '20/1s',
      CALLBACK_BASE_URL: `http://127.0.0.1:${port}`,
      HTTP_PORT: String(port),
    },
  });
  await using _serve = await startServe({
    environment: system.environment,
    port,
    args: ['--callbacks-only'],
  });
  const url = await waitingItem(system, port);
  await system.give(links);
  const startedAt = performance.now();
  await system.startWorker();
  const flood = posts === 0 ? null : flooding(system, url, posts);
  await system.ended();
  const perSecond = (links * 1000) / (performance.now() - startedAt);
  const answers = (await flood) ?? 'none';
  const { redis, prefix, session } = { redis: system.session.redis, ...system };
  const bytes = await redis.memory('USAGE', `${prefix}:item:${victim}`);
  const item = await session.ledger.item(victim);
  const own = system.simulator.counts().links[`https://sora.chatgpt.com/p/${victim}`]?.taskIds ?? [];
  const foreign = item?.taskIds.filter((taskId) => !own.includes(taskId)) ?? [];
  const claims = await redis.hlen(`${prefix}:claims:${victim}`);
  console.log(
    `${posts} posts: ${perSecond.toFixed(1)} links/s; answers ${answers}; the item is ${item?.state} with ${item?.taskIds.length} tasks, ${foreign.length} of them foreign, possibly paid twice ${item?.possiblyPaidTwice}, ${bytes} bytes in Redis, ${claims} claims beside it`,
  );
  return perSecond;
}

/** An item whose answer was lost: its address is known to a stranger. */
async function waitingItem({ session, prefix, videos }: BenchSystem, port: number): Promise<string> {
  const { ledger, redis } = session;
  await ledger.openBatch('victim', { model: 'sora-watermark-remover', root: `${videos}/` });
  await ledger.enqueue('victim', [{ id: victim, url: `https://sora.chatgpt.com/p/${victim}` }]);
  await ledger.take(1);
  await ledger.move('beginSubmit', victim, { stamp: ['submittedAt'] });
  const token = await createCallbackTokens({ redis, prefix }).make({ id: victim, attempt: 1 });
  return `http://127.0.0.1:${port}/callback/${token}`;
}

async function flooding({ simulator }: BenchSystem, url: string, posts: number): Promise<string> {
  await sleep(2000);
  const foreign = Object.values(simulator.counts().links).flatMap(({ taskIds }) => taskIds);
  const args = [file('./poster.ts'), url, String(posts), ...foreign.slice(0, 20)];
  return (await promisify(execFile)(process.execPath, args)).stdout.trim();
}
