/** A port that was free a moment ago may be taken, by a Redis or by something else. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { freePort } from '../../bench/free-port.ts';
import { startOwnRedis } from './own-redis.ts';
import { hasRedisPrograms } from './redis-processes.ts';
import { startOnFreePort } from './start-redis-program.ts';

const programFor = (port: number) => ({
  program: 'redis-server',
  words: ['--port', `${port}`, '--save', ''],
  folder: tmpdir(),
});

it.skipIf(!hasRedisPrograms)('a Redis whose port was taken meanwhile is started on another one', async () => {
  await using other = await startOwnRedis();
  const stranger = createServer((socket) => socket.end('no Redis\r\n')).listen(0);
  await once(stranger, 'listening');
  const address = stranger.address();
  const taken = [other.port, typeof address === 'object' ? (address?.port ?? 0) : 0];
  const { port, child } = await startOnFreePort(programFor, async () => taken.shift() ?? (await freePort()));
  expect(taken).toEqual([]);
  expect(port).not.toBe(other.port);
  child.kill('SIGKILL');
  stranger.close();
});

it.skipIf(!hasRedisPrograms)('a Redis that cannot start for another reason says why', async () => {
  const wrong = (port: number) => ({
    ...programFor(port),
    words: ['--port', `${port}`, '--maxmemory', 'much'],
  });
  await expect(startOnFreePort(wrong)).rejects.toThrow(/redis-server on port \d+ ended/);
});
