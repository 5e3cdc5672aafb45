/**
 * Redis memory per link, waiting, saved and removed: `npm run bench -- ledger [LINKS]`. Measured as the growth of
 * `used_memory` of a separate Redis, with real share links and the data that workers record. Also the speed of exporting
 * saved items, which have the most data.
 */
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { removeBatch } from '../../src/producer/remove-batch.ts';
import { createBatchOperations } from '../../src/shared/ledger/batch-operations.ts';
import { createLedger, type Ledger } from '../../src/shared/ledger/ledger.ts';
import { measure } from '../million/executable.ts';
import { openOwnRedis } from '../million/own-redis.ts';

const defaultLinks = 200_000;
const chunkSize = 1000;
const prefix = '{kie-batch}';
const batch = 'links';

export async function run(args: string[]): Promise<void> {
  const links = Number(args[0] ?? defaultLinks);
  await using own = await openOwnRedis();
  const redis = new Redis(own.url);
  const shareUrl = (_model: string, id: string) => `https://sora.chatgpt.com/p/${id}`;
  const ledger = createLedger({ redis, prefix, shareUrl });
  await ledger.openBatch(batch, { model: 'sora-watermark-remover', root: '/srv/videos/' });
  const ids = Array.from(
    { length: links },
    (_, index) => `s_${createHash('md5').update(String(index)).digest('hex')}`,
  );
  const grown = await openMeter(redis, links);

  await inChunks(ids, (chunk) =>
    ledger.enqueue(
      batch,
      chunk.map((id) => ({ id, url: shareUrl('', id) })),
    ),
  );
  console.log(`${links} links\n`);
  console.log(`waiting    ${await grown()} bytes`);
  for (let left = links; left > 0; ) {
    const { ids: taken } = await ledger.take(chunkSize);
    left -= taken.length;
    await Promise.all(taken.map((id) => save(id, ledger)));
  }
  console.log(`saved      ${await grown()} bytes`);
  const environment = { REDIS_URL: own.url, DATA_DIR: join(own.folder, 'project'), LOG_LEVEL: 'error' };
  for (const format of ['jsonl', 'csv']) {
    const { seconds, peakRssMib } = await measure(['export', batch, '--format', format], environment);
    console.log(
      `export     ${Math.round(links / seconds)} rows/s as ${format}, ${Math.round(peakRssMib)} MiB`,
    );
  }
  await removeBatch(batch, createBatchOperations({ redis, prefix }));
  console.log(`removed    ${await grown()} bytes`);
  redis.disconnect();
}

/** As the stages do it. */
async function save(id: string, ledger: Ledger): Promise<void> {
  await ledger.move('beginSubmit', id, {
    reserveCredits: { credits: 10, base: 10 },
    stamp: ['submittedAt'],
    message: null,
  });
  await ledger.move('recordTask', id, {
    taskId: randomBytes(16).toString('hex'),
    addAttempts: 1,
    message: null,
  });
  await ledger.move('beginDownload', id, { addCreditsSpent: 10, stamp: ['completedAt'], message: null });
  await ledger.move('save', id, {
    addBytes: 2_345_678,
    sha256: randomBytes(32).toString('hex'),
    file: null,
    stamp: ['savedAt'],
    message: null,
  });
}

async function inChunks(
  ids: readonly string[],
  act: (chunk: readonly string[]) => Promise<unknown>,
): Promise<void> {
  for (let start = 0; start < ids.length; start += chunkSize) await act(ids.slice(start, start + chunkSize));
}

/** Bytes a link since the beginning. */
async function openMeter(redis: Redis, links: number): Promise<() => Promise<number>> {
  const used = async () => Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
  // Scripts and connections are there already.
  await redis.ping();
  const before = await used();
  return async () => Math.round(((await used()) - before) / links);
}
