/**
 * The local Redis of a DATA_DIR as its users meet it: shared, stopped by the last, and whatever is killed,
 * nothing acknowledged is lost and the next start works.
 */
import {
  access,
  appendFile,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Redis } from 'ioredis';
import pino from 'pino';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/shared/clock.ts';
import { cacheFolder } from '../../../src/shared/configuration/configuration.ts';
import {
  identifyProcess,
  isAlive,
  type ProcessIdentity,
} from '../../../src/shared/redis/local/process-identity.ts';
import {
  type LocalRedis,
  startLocalRedis,
  usableCacheFolder,
} from '../../../src/shared/redis/local/start-local-redis.ts';
import { findRedisProgram } from '../../../src/shared/redis/program/find-redis-program.ts';
import { RedisUnusableError } from '../../../src/shared/redis/redis-unusable-error.ts';
import { ScriptProcess } from './child-process.ts';

const logger = pino({ level: 'silent' });

describe('a local Redis', () => {
  let binary: string;
  let base: string;
  let dataDir: string;
  const started: LocalRedis[] = [];
  const users: ScriptProcess[] = [];

  beforeAll(async () => {
    const program = await findRedisProgram({ cacheDir: cacheFolder(), logger, clock: systemClock });
    if (program.kind !== 'binary') throw new Error('these tests need a server binary');
    binary = program.path;
  });
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'kie-local-'));
    dataDir = join(base, 'data');
  });
  afterEach(async () => {
    for (const user of users.splice(0)) await user.kill('SIGKILL');
    // Joining and leaving also ends whatever server a test left behind.
    if (await exists(dataDir)) await start().catch(() => undefined);
    for (const local of started.splice(0)) await local.release();
    await rm(base, { recursive: true, force: true });
  });

  async function start(folder = dataDir): Promise<LocalRedis> {
    const program = { kind: 'binary', path: binary, origin: 'test' } as const;
    const local = await startLocalRedis({
      dataDir: folder,
      cacheDir: base,
      logger,
      clock: systemClock,
      program,
    });
    started.push(local);
    return local;
  }

  function startUser(): ScriptProcess {
    const user = new ScriptProcess('local-user.ts', [dataDir, binary]);
    users.push(user);
    return user;
  }

  async function ask<Reply>(local: LocalRedis, question: (redis: Redis) => Promise<Reply>): Promise<Reply> {
    const redis = new Redis(socketOf(local), { maxRetriesPerRequest: null, retryStrategy: () => 20 });
    redis.on('error', () => undefined);
    try {
      return await question(redis);
    } finally {
      await redis.quit();
    }
  }

  const server = (local: LocalRedis): Promise<ProcessIdentity> =>
    ask(local, async (redis) =>
      identifyProcess(Number(/process_id:(\d+)/.exec(await redis.info('server'))?.[1])),
    );

  it('keeps an append-only file, evicts nothing, and listens on a private socket alone', async () => {
    const local = await start();
    const settings = await ask(local, (redis) =>
      redis.config('GET', 'appendonly', 'maxmemory-policy', 'port', 'appendfsync'),
    );
    expect(settings).toEqual(
      expect.arrayContaining([
        'appendonly',
        'yes',
        'maxmemory-policy',
        'noeviction',
        'port',
        '0',
        'appendfsync',
        'everysec',
      ]),
    );
    expect((await stat(socketOf(local))).mode & 0o777).toBe(0o700);
    expect((await stat(join(dataDir, 'redis'))).mode & 0o777).toBe(0o700);
  });

  it('stops with its user and has everything again the next time', async () => {
    const first = await start();
    const serverProcess = await server(first);
    await ask(first, (redis) => redis.set('link', 'saved'));
    await first.release();
    expect(await isAlive(serverProcess)).toBe('dead');
    expect(await ask(await start(), (redis) => redis.get('link'))).toBe('saved');
  });

  it('is one server for users of one folder, and stops with the last', async () => {
    const [first, second] = [startUser(), startUser()];
    const sayings = [await first.hear('up'), await second.hear('up')];
    expect(sayings.map((saying) => saying.split(' ')[0]).sort()).toEqual(['joined', 'started']);
    const third = await start();
    const serverProcess = await server(third);
    first.tell('leave');
    await first.hear('left');
    await third.release();
    second.tell('set key');
    expect(await second.hear('set-key')).toBe('OK');
    second.tell('leave');
    await second.hear('left');
    expect(await second.ended()).toBe(0);
    expect(await isAlive(serverProcess)).toBe('dead');
  });

  it('is started once when many start at the same instant', async () => {
    const locals = await Promise.all([start(), start(), start(), start()]);
    expect(locals.filter((local) => local.startedHere)).toHaveLength(1);
    expect(new Set((await Promise.all(locals.map(server))).map(({ pid }) => pid)).size).toBe(1);
  });

  it('does not count a killed user', async () => {
    const user = startUser();
    await user.hear('up');
    const local = await start();
    const serverProcess = await server(local);
    await user.kill('SIGKILL');
    await local.release();
    expect(await isAlive(serverProcess)).toBe('dead');
  });

  it('survives its user’s Ctrl-C and kill, and the next start takes it over', async () => {
    const user = startUser();
    await user.hear('up');
    user.tell('set key');
    await user.hear('set-key');
    await user.kill('SIGINT');
    const next = await start();
    expect(next.startedHere).toBe(false);
    expect(await ask(next, (redis) => redis.get('key'))).toBe('value');
  });

  it('restarts by itself for its users when only it is killed', async () => {
    const user = startUser();
    const path = (await user.hear('up')).split(' ')[1];
    const local = await start();
    user.tell('set before');
    await user.hear('set-before');
    const serverProcess = await server(local);
    process.kill(serverProcess.pid, 'SIGKILL');
    expect(await ask(local, (redis) => redis.get('before'))).toBe('value');
    user.tell('set after');
    expect(await user.hear('set-after')).toBe('OK');
    expect(await server(local)).not.toEqual(serverProcess);
    expect(socketOf(local)).toBe(path);
  });

  it('loses nothing acknowledged when everything is killed', async () => {
    const user = startUser();
    await user.hear('up');
    const local = await start();
    const keys = Array.from({ length: 500 }, (_, index) => `link-${index}`);
    await ask(local, (redis) => Promise.all(keys.map((key) => redis.set(key, 'paid'))));
    const serverProcess = await server(local);
    await local.release();
    await user.kill('SIGKILL');
    process.kill(serverProcess.pid, 'SIGKILL');
    expect(await ask(await start(), (redis) => redis.exists(...keys))).toBe(500);
  });

  it('starts from an append-only file whose end was cut', async () => {
    const first = await start();
    await ask(first, (redis) => redis.set('whole', 'yes'));
    await first.release();
    const folder = join(dataDir, 'redis', 'appendonlydir');
    const last = (await readdir(folder)).find((name) => name.endsWith('.incr.aof')) ?? '';
    await appendFile(join(folder, last), '*3\r\n$3\r\nSET\r\n$4\r\nha');
    expect(await ask(await start(), (redis) => redis.get('whole'))).toBe('yes');
  });

  it('says why in one line when its append-only file is damaged', async () => {
    const first = await start();
    await ask(first, (redis) => redis.set('whole', 'yes'));
    await first.release();
    const folder = join(dataDir, 'redis', 'appendonlydir');
    const last = (await readdir(folder)).find((name) => name.endsWith('.incr.aof')) ?? '';
    const content = await readFile(join(folder, last));
    await writeFile(join(folder, last), Buffer.concat([Buffer.from('garbage\r\n'), content]));
    const failure = await start().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RedisUnusableError);
    expect(String(failure)).toMatch(/did not start: .*(Bad file format|append only file).*redis\.log/);
    expect(String(failure)).not.toContain('\n');
  });

  it('is ended and started again when its socket was deleted, and loses nothing', async () => {
    const first = await start();
    await ask(first, (redis) => redis.set('link', 'paid'));
    const serverProcess = await server(first);
    await unlink(socketOf(first));
    expect(await ask(await start(), (redis) => redis.get('link'))).toBe('paid');
    expect(await isAlive(serverProcess)).toBe('dead');
  });

  it.each(['a "quoted" \\ name with blanks', 'naïve-ютф-目录', 'x'.repeat(150)])(
    'works in a folder called %s',
    async (name) => {
      const folder = join(base, name);
      const local = await start(folder);
      await ask(local, (redis) => redis.set('link', 'paid'));
      const path = socketOf(local);
      expect(Buffer.byteLength(path)).toBeLessThan(104);
      expect((await stat(dirname(path))).mode & 0o077).toBe(0);
      await local.release();
      expect(await exists(path)).toBe(false);
      expect(await ask(await start(folder), (redis) => redis.get('link'))).toBe('paid');
    },
  );

  it('is found by users who know its folder under another name', async () => {
    const local = await start();
    await rename(dataDir, join(base, 'moved')).then(() => rename(join(base, 'moved'), dataDir));
    const again = await start(join(base, '.', 'data', '..', 'data'));
    expect(again.startedHere).toBe(false);
    expect(await server(again)).toEqual(await server(local));
  });

  it('refuses a folder that is no folder in one line', async () => {
    await writeFile(dataDir, 'a file');
    await expect(start()).rejects.toThrow(/^DATA_DIR cannot be used: /);
    await unlink(dataDir);
  });

  it('keeps what it fetches in DATA_DIR when the user has no cache folder', async () => {
    await writeFile(join(base, 'home'), 'no folder');
    const without = { cacheDir: join(base, 'home', '.cache'), dataDir };
    expect(await usableCacheFolder(without)).toBe(join(dataDir, 'cache'));
    const having = { cacheDir: join(base, 'cache'), dataDir };
    expect(await usableCacheFolder(having)).toBe(having.cacheDir);
  });

  it('says in one line that a program does not run', async () => {
    const program = { kind: 'binary', path: join(base, 'nothing-here'), origin: 'test' } as const;
    const attempt = startLocalRedis({ dataDir, cacheDir: base, logger, clock: systemClock, program });
    await expect(attempt).rejects.toThrow(/did not start: .*not found.*redis\.log/);
  });
});

function socketOf(local: LocalRedis): string {
  if (local.address.kind !== 'socket') throw new Error('a local Redis listens on a socket');
  return local.address.path;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
