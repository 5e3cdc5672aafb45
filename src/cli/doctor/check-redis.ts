/**
 * `doctor` on Redis and its contents: reachable, suitable, enough memory, correct clock, and no links that cannot move.
 */
import type { Session } from '../../app/session.ts';
import type { Overview } from '../../producer/overview.ts';
import type { Situation } from '../../shared/gate-state/situation.ts';
import { unfinished } from '../../shared/ledger/batch.ts';
import { inspectRedis } from '../../shared/redis/inspect-redis.ts';
import { judgeRedis, type RedisFacts } from '../../shared/redis/judge-redis.ts';
import { adviceFor } from '../../shared/vendor/halt-advice.ts';
import { plural } from '../../shared/wording/format.ts';
import { explain } from '../../shared/wording/situation-words.ts';
import { type Check, failed, ok, skipped, warning } from './check.ts';
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

/** Whether a worker runs and nothing blocks the links. Pure. */
export function judgeWork({
  whole,
  halts,
  workersAlive,
  at,
}: Pick<Overview, 'whole' | 'halts' | 'workersAlive' | 'at'>): Check[] {
  const { situation, counts } = whole;
  const stopped = halts.map(({ reason, message, model }) =>
    failed('halt', `${reason}: ${message}`, adviceFor({ reason, model })),
  );
  const workers = judgeWorkers(workersAlive, unfinished(counts), situation);
  const { why } = explain(situation, at);
  const isTold = ['empty', 'ended', 'running', 'halted', 'no-worker'].includes(situation.kind);
  return [workers, ...stopped, ...(isTold ? [] : [warning('work', why, 'links wait until then')])];
}

function judgeWorkers(alive: number, links: number, situation: Situation): Check {
  if (situation.kind === 'no-worker' && !situation.isNobody)
    return warning('workers', explain(situation, 0).why, 'start one with that stage, or without --stages');
  if (alive > 0) return ok('workers', plural(alive, 'worker'));
  if (links === 0) return skipped('workers', 'no worker is running, and no link waits for one');
  return warning(
    'workers',
    `no worker is running, and ${plural(links, 'link')} to go`,
    'start: kie-batch worker',
  );
}

function describeRedis({
  product,
  version,
  mode,
  evictionPolicy,
  appendOnly,
  appendFsync,
}: RedisFacts): string {
  const kept = appendOnly ? `append-only file, fsync ${appendFsync ?? 'unknown'}` : 'no append-only file';
  return `${product} ${version}, ${mode}, ${evictionPolicy ?? 'eviction unknown'}, ${kept}`;
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
