/** `doctor` on Redis and on what lies in it: reachable, fit, with memory enough, in step, and nothing standing still. */

import type { Session } from '../../app/session.ts';
import { listHalts } from '../../shared/gate-state/halts.ts';
import { listWorkers } from '../../shared/presence/worker-presence.ts';
import { inspectRedis } from '../../shared/redis/inspect-redis.ts';
import { judgeRedis, type RedisFacts } from '../../shared/redis/judge-redis.ts';
import { adviceFor } from '../../shared/vendor/halt-advice.ts';
import { plural } from '../format.ts';
import { type Check, failed, ok, warning } from './check.ts';
import { judgeSkew } from './judge-machine.ts';
import { judgeMemory } from './judge-memory.ts';

export async function checkRedis(session: Session, waitingLinks: number): Promise<Check[]> {
  const facts = await inspectRedis(session.redis);
  const { warnings } = judgeRedis(facts, {
    asCluster: facts.mode === 'cluster',
    queuePrefix: session.configuration.QUEUE_PREFIX,
  });
  const checks = [
    ...(warnings.length === 0
      ? [ok('redis', describeRedis(facts))]
      : warnings.map((says) =>
          warning('redis', `${describeRedis(facts)}: ${says}`, 'see docs/local-redis.md'),
        )),
    judgeMemory({ ...(await readMemory(session)), waitingLinks }),
  ];
  const before = Date.now();
  const redisNow = await session.ledger.now();
  return [...checks, judgeSkew('redis clock', 'Redis', (before + Date.now()) / 2 - redisNow)];
}

/** Whether somebody works, and nothing stands in the way. */
export async function checkWork(session: Session, waitingLinks: number): Promise<Check[]> {
  const [halts, workers] = await Promise.all([listHalts(session), listWorkers(session)]);
  const alive = workers.filter(({ isAlive }) => isAlive).length;
  const worker =
    alive > 0 || waitingLinks === 0
      ? ok('workers', plural(alive, 'worker'))
      : warning(
          'workers',
          `${plural(waitingLinks, 'link')} wait and nobody works`,
          'start: kie-batch worker',
        );
  const stopped = halts.map(({ reason, message, model }) =>
    failed('halt', `${reason}: ${message}`, adviceFor({ reason, model })),
  );
  return [worker, ...stopped];
}

function describeRedis({
  product,
  version,
  mode,
  evictionPolicy,
  appendOnly,
  appendFsync,
}: RedisFacts): string {
  const kept = appendOnly ? `append-only file, fsync ${appendFsync ?? 'not told'}` : 'no append-only file';
  return `${product} ${version}, ${mode}, ${evictionPolicy ?? 'eviction not told'}, ${kept}`;
}

async function readMemory({ redis }: Session) {
  const info = await redis.info('memory');
  const read = (field: string) => Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  return {
    usedBytes: read('used_memory'),
    maxMemoryBytes: read('maxmemory'),
    machineBytes: read('total_system_memory'),
  };
}
