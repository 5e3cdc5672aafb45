/** Judges what is left in Redis, and how the processes have ended. */
import { Cluster } from 'ioredis';
import type { Session } from '../src/app/session.ts';
import { stages } from '../src/shared/jobs/catalogue.ts';
import type { JudgedWorld, Violate } from './judge.ts';

/** Nothing is left that waits for a person. */
export async function judgeRedis(
  { environment }: JudgedWorld,
  { queues, redis }: Session,
  violate: Violate,
): Promise<void> {
  const prefix = environment['QUEUE_PREFIX'];
  for (const stage of stages) {
    const queue = await queues.queue(stage);
    const left = await queue.getJobCounts('wait', 'active', 'delayed', 'prioritized', 'failed', 'completed');
    for (const [kind, count] of Object.entries(left)) {
      if (count > 0) violate(`${count} jobs are left in ${stage}: ${kind}`);
    }
  }
  const sizes: [string, Promise<number>][] = [
    ['active', redis.zcard(`${prefix}:active`)],
    ['at-gate', redis.scard(`${prefix}:at-gate`)],
    ['rotation', redis.zcard(`${prefix}:rotation`)],
    ['halts', redis.hlen(`${prefix}:halts`)],
  ];
  for (const [name, size] of sizes) {
    const count = await size;
    if (count > 0) violate(`${count} entries are left in ${name}`);
  }
  for (const server of redis instanceof Cluster ? redis.nodes('master') : [redis]) {
    for await (const keys of server.scanStream({ match: `${prefix}:*`, count: 1000 })) {
      for (const key of keys.map(String)) {
        const isTemporary = /:memory$|:lock$|:claims:|:backlog$/.test(key);
        // Claims that were judged are remembered for a day, by an expiry.
        if (isTemporary && (await redis.pttl(key)) < 0) violate(`the key ${key} is left`);
      }
    }
  }
}

export async function judgeProcesses(
  { services, environment }: JudgedWorld,
  violate: Violate,
): Promise<void> {
  const apiKey = environment['KIE_API_KEY'] ?? '';
  for (const { name, oddEnds, log } of services) {
    for (const { code, output: said } of oddEnds) {
      // One that cannot begin says so; who started it starts it again.
      const couldNotBegin = code === 2 && /^error: .*Redis/m.test(said);
      if (!couldNotBegin) violate(`${name} ended with ${code}:\n${said}`);
    }
    if ((await log()).includes(apiKey)) violate(`${name} has said the API key`);
  }
}
