/** A Redis of a test's own that can be made to refuse writes in every way a real one does. Dispose it at the end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { until } from './until.ts';

/** By the word its error begins with. */
export const refusals = ['NOREPLICAS', 'OOM', 'MISCONF', 'READONLY'] as const;
export type Refusal = (typeof refusals)[number];

export interface OwnRedis extends AsyncDisposable {
  readonly url: string;
  refuse(how: Refusal): Promise<void>;
  acceptAgain(): Promise<void>;
  /** Kills it for good. */
  kill(): Promise<void>;
}

export async function startOwnRedis(): Promise<OwnRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'kie-batch-redis-'));
  const port = await freePort();
  const server = spawn(
    'redis-server',
    ['--port', `${port}`, '--save', '', '--dir', folder, '--enable-protected-configs', 'yes'],
    {
      stdio: 'ignore',
    },
  );
  const admin = new Redis(port, '127.0.0.1', { retryStrategy: () => 50 });
  admin.on('error', () => undefined);
  await admin.ping();
  return {
    url: `redis://127.0.0.1:${port}`,
    refuse: (how) => refuse(how, admin),
    async acceptAgain() {
      await admin.config(
        'SET',
        'min-replicas-to-write',
        '0',
        'maxmemory',
        '0',
        'stop-writes-on-bgsave-error',
        'no',
      );
      await admin.call('REPLICAOF', 'NO', 'ONE');
    },
    async kill() {
      admin.disconnect();
      await stop(server);
    },
    async [Symbol.asyncDispose]() {
      admin.disconnect();
      await stop(server);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function refuse(how: Refusal, admin: Redis): Promise<void> {
  switch (how) {
    case 'NOREPLICAS':
      await admin.config('SET', 'min-replicas-to-write', '1');
      return;
    case 'OOM':
      await admin.config('SET', 'maxmemory', '1');
      return;
    case 'READONLY':
      // No primary is there: what it holds is still read.
      await admin.call('REPLICAOF', '127.0.0.1', '1');
      return;
    case 'MISCONF':
      return failToSave(admin);
    default:
      return how satisfies never;
  }
}

/** A snapshot into a folder that is gone fails, and with save points on Redis then takes no writes. */
async function failToSave(admin: Redis): Promise<void> {
  const gone = await mkdtemp(join(tmpdir(), 'kie-batch-gone-'));
  await admin.config('SET', 'dir', gone);
  await rm(gone, { recursive: true });
  await admin.config('SET', 'stop-writes-on-bgsave-error', 'yes', 'save', '3600 1');
  await admin.bgsave();
  await until(
    async () => /rdb_last_bgsave_status:err/.test(await admin.info('persistence')),
    'the snapshot has failed',
  );
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.kill('SIGKILL');
  await once(server, 'exit');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
