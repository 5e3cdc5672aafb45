/**
 * Starts redis-server or redis-sentinel and resolves once it answers. On a port of its own another process may be
 * first, between the choice and the start: then the program ends and is started on another port.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { freePort } from '../../bench/free-port.ts';

export interface RedisProgram {
  readonly program: string;
  readonly words: readonly string[];
  readonly folder: string;
}

/** @throws Error with what the program said, where it ends for another reason than its port */
export async function startOnFreePort(
  programFor: (port: number) => RedisProgram | Promise<RedisProgram>,
  choosePort: () => Promise<number> = freePort,
): Promise<{ port: number; child: ChildProcess }> {
  for (;;) {
    const port = await choosePort();
    const child = await startOnPort(port, await programFor(port));
    if (child !== 'port-taken') return { port, child };
  }
}

/** As startOnFreePort, on this port or not at all. */
export async function startOnPort(
  port: number,
  { program, words, folder }: RedisProgram,
): Promise<ChildProcess | 'port-taken'> {
  const child = spawn(program, words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000);
    });
  }
  const ended = once(child, 'close').then(() => 'ended' as const);
  const redis = new Redis(port, '127.0.0.1', { retryStrategy: () => 50, maxRetriesPerRequest: null });
  redis.on('error', () => undefined);
  // What answers may be another process that has the port.
  const answered = redis.info('server').then(
    (text) => (text.includes(`process_id:${child.pid}\r\n`) ? 'answered' : ended),
    () => ended,
  );
  const outcome = await Promise.race([answered, ended]);
  redis.disconnect();
  if (outcome === 'answered') return child;
  if (/Address already in use/.test(said)) return 'port-taken';
  throw new Error(`${program} on port ${port} ended: ${said}`);
}
