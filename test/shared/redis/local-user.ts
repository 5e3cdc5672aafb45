/**
 * Uses the local Redis of a DATA_DIR from a process of its own: says `up` and where it listens, then obeys
 * its input: `set KEY`, `get KEY`, `leave`.
 */
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import pino from 'pino';
import { systemClock } from '../../../src/shared/clock.ts';
import { startLocalRedis } from '../../../src/shared/redis/local/start-local-redis.ts';

const [dataDir = '', program = ''] = process.argv.slice(2);
const local = await startLocalRedis({
  dataDir,
  cacheDir: dataDir,
  clock: systemClock,
  logger: pino({ level: 'silent' }),
  program: { kind: 'binary', path: program, origin: 'test' },
});
if (local.address.kind !== 'socket') throw new Error('expected a socket');
const redis = new Redis(local.address.path, { maxRetriesPerRequest: null, retryStrategy: () => 50 });
redis.on('error', () => undefined);
console.log(`up ${local.startedHere ? 'started' : 'joined'} ${local.address.path}`);

for await (const line of createInterface({ input: process.stdin })) {
  const [command, key = ''] = line.split(' ');
  if (command === 'set') console.log(`set-${key} ${await redis.set(key, 'value')}`);
  if (command === 'get') console.log(`get-${key} ${await redis.get(key)}`);
  if (command === 'leave') {
    await redis.quit();
    await local.release();
    console.log('left');
    break;
  }
}
// An input that stays open would keep the process; whatever else does is a mistake that the test then finds.
process.stdin.destroy();
