/**
 * `worker --check`, for health checks of containers and services: whether a worker of this host has announced itself
 * within the last seconds. Reads one key, starts nothing.
 */
import { hostname } from 'node:os';
import { loadConfiguration } from '../shared/configuration/configuration.ts';
import { listWorkers, type PresentWorker } from '../shared/presence/worker-presence.ts';
import { withRedis } from './with-redis.ts';

export interface WorkerCheck {
  readonly isHealthy: boolean;
  readonly message: string;
}

export async function checkWorker(): Promise<WorkerCheck> {
  const { configuration } = loadConfiguration();
  return judgeWorkers(await withRedis(configuration, listWorkers), hostname());
}

export function judgeWorkers(
  workers: readonly Pick<PresentWorker, 'host' | 'isAlive' | 'saidMsAgo'>[],
  host: string,
): WorkerCheck {
  const here = workers.filter((worker) => worker.host === host);
  const latest = Math.min(...here.map(({ saidMsAgo }) => saidMsAgo));
  if (here.length === 0) return { isHealthy: false, message: `No worker of ${host} has announced itself.` };
  const seconds = Math.round(latest / 1000);
  const isHealthy = here.some(({ isAlive }) => isAlive);
  return { isHealthy, message: `A worker of ${host} announced itself ${seconds} s ago.` };
}
