/** Opening Redis as a command does: what is handed out, what is refused, and how that is said. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import pino, { type Logger } from 'pino';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { systemClock } from '../../../src/shared/clock.ts';
import { cacheFolder } from '../../../src/shared/configuration/configuration.ts';
import { type LocalRedis, startLocalRedis } from '../../../src/shared/redis/local/start-local-redis.ts';
import { openRedis } from '../../../src/shared/redis/open-redis.ts';
import { describeAddress } from '../../../src/shared/redis/redis-address.ts';
import { RedisUnusableError } from '../../../src/shared/redis/redis-unusable-error.ts';
import { redisPrefix } from '../../setup/redis.ts';

describe('opening a Redis', () => {
  let base: string;
  let said: string[];
  let logger: Logger;
  const servers: LocalRedis[] = [];

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'kie-open-'));
    said = [];
    logger = pino({ level: 'debug' }, { write: (line: string) => said.push(line) });
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.release();
    await rm(base, { recursive: true, force: true });
  });

  /** A server of the test’s own, which it may set as it likes. */
  async function startServer(...settings: [name: string, value: string][]): Promise<string> {
    const dataDir = join(base, `own-${servers.length}`);
    const quiet = pino({ level: 'silent' });
    const server = await startLocalRedis({
      dataDir,
      cacheDir: cacheFolder(),
      logger: quiet,
      clock: systemClock,
    });
    servers.push(server);
    const url = describeAddress(server.address);
    const redis = new Redis(url);
    for (const [name, value] of settings) await redis.config('SET', name, value);
    redis.disconnect();
    return url;
  }

  const open = (redisUrl?: string, reachTimeoutMs = 60_000) =>
    openRedis({
      redisUrl,
      dataDir: join(base, 'data'),
      cacheDir: cacheFolder(),
      logger,
      reachTimeoutMs,
    });

  async function refusal(redisUrl: string, reachTimeoutMs?: number): Promise<RedisUnusableError> {
    const outcome = await open(redisUrl, reachTimeoutMs).catch((error: unknown) => error);
    if (!(outcome instanceof RedisUnusableError)) throw new Error(`not refused: ${String(outcome)}`);
    expect(outcome.message).not.toContain('\n');
    return outcome;
  }

  it('leaves no connection that BullMQ has made and connected again, and none that is connected after the end', async () => {
    const handle = await open(await startServer());
    const openAndEnd = async () => {
      const connection = (handle.connect('blocking') as Redis).duplicate();
      await once(connection, 'ready');
      connection.disconnect();
      await once(connection, 'end');
      return connection;
    };
    const [early, late] = [await openAndEnd(), await openAndEnd()];
    await early.connect();
    await handle.close();
    await expect(late.connect()).rejects.toThrow('closed');
    await expect.poll(() => [early.status, late.status]).toEqual(['end', 'end']);
  });

  it('starts a local one where no URL is given, and stops it when closed', async () => {
    const handle = await open();
    const redis = handle.connect('commands');
    expect(await redis.set('link', 'paid')).toBe('OK');
    expect(handle.describe).toBe(`local Redis in ${join(base, 'data')}`);
    await handle.close();
    expect(redis.status).toBe('end');
    const again = await open();
    expect(await again.connect('commands').get('link')).toBe('paid');
    await again.close();
  });

  it('gives BullMQ what it needs for a queue and a worker', async () => {
    const handle = await open(inject('redisUrl'));
    const prefix = redisPrefix();
    const queue = new Queue('work', { connection: handle.connect('commands'), prefix });
    const done = Promise.withResolvers<unknown>();
    const worker = new Worker('work', async (job) => done.resolve(job.data), {
      connection: handle.connect('blocking'),
      prefix,
    });
    await queue.add('link', { id: 's_1' });
    expect(await done.promise).toEqual({ id: 's_1' });
    await worker.close();
    await queue.close();
    await handle.close();
  });

  it('keeps commands waiting through a restart of a local Redis, and logs it once', async () => {
    const handle = await open();
    const redis = handle.connect('commands');
    const others = [handle.connect('commands'), handle.connect('blocking')];
    await Promise.all(others.map((other) => other.ping()));
    const pid = Number(/process_id:(\d+)/.exec(await redis.info('server'))?.[1]);
    await redis.set('link', 'paid');
    process.kill(pid, 'SIGKILL');
    expect(await Promise.all([redis, ...others].map((one) => one.get('link')))).toEqual([
      'paid',
      'paid',
      'paid',
    ]);
    await handle.close();
    expect(said.filter((line) => line.includes('Lost the connection to Redis'))).toHaveLength(1);
  });

  it('refuses one that evicts', async () => {
    const url = await startServer(['maxmemory-policy', 'allkeys-lru']);
    const error = await refusal(url);
    expect(error.code).toBe('unsuitable');
    expect(error.message).toMatch(/allkeys-lru deletes links .* set it to noeviction\.$/);
  });

  it('refuses a replica', async () => {
    const url = await startServer();
    const redis = new Redis(url);
    await redis.replicaof('127.0.0.1', '1');
    redis.disconnect();
    expect((await refusal(url)).message).toContain('read-only replica');
  });

  it('warns loudly of one that keeps nothing on disk, and uses it', async () => {
    const url = await startServer(['appendonly', 'no']);
    const handle = await open(url);
    expect(await handle.connect('commands').ping()).toBe('PONG');
    await handle.close();
    const warnings = said.filter((line) => line.includes('"level":40'));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('STORES NOTHING ON DISK');
  });

  it('works where CONFIG is forbidden, and says what it could not learn', async () => {
    const url = await startServer(['appendonly', 'no']);
    const admin = new Redis(url);
    await admin.acl('SETUSER', 'managed', 'on', '>s3cret', '~*', '&*', '+@all', '-config');
    admin.disconnect();
    const handle = await open(url.replace('unix://', 'unix://managed:s3cret@'));
    await handle.close();
    expect(said.join('')).toContain('it is unknown whether it saves snapshots');
    expect(said.join('')).not.toContain('s3cret');
  });

  it('says so at once when the password is wrong, without showing it', async () => {
    const url = await startServer(['requirepass', 'right']);
    for (const attempt of [url, url.replace('unix://', 'unix://:wr0ng@')]) {
      const error = await refusal(attempt);
      expect(error.code).toBe('access-denied');
      expect(error.message + said.join('')).not.toContain('wr0ng');
    }
    // So that this server can be left and stopped like the others.
    const admin = new Redis(url, { password: 'right' });
    await admin.config('SET', 'requirepass', '');
    admin.disconnect();
  });

  it.each([
    ['unix:///nowhere/redis.sock', /there is no such socket/],
    [
      'redis://:s3cret@127.0.0.1:1/0',
      /^The Redis at redis:\/\/127\.0\.0\.1:1 cannot be reached \(nothing listens there\)/,
    ],
    ['redis-cluster://127.0.0.1:1', /cannot be reached \(none of its nodes answered\)/],
    ['redis-sentinel://127.0.0.1:1/main', /cannot be reached/],
    ['redis://no-such-host.invalid', /cannot be reached \(the host name/],
  ])('says in one line that %s cannot be reached', async (url, message) => {
    const error = await refusal(url, 1000);
    expect(error.code).toBe('unreachable');
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('s3cret');
  });

  it('does not wait forever for something that never answers', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    expect((await refusal(`redis://127.0.0.1:${address.port}`, 1000)).message).toContain('no answer');
    silent.close();
  });

  it('refuses a URL that it cannot read before doing anything', async () => {
    expect((await refusal('http://host')).code).toBe('invalid-url');
  });
});
