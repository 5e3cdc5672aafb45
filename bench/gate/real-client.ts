/**
 * One worker process of a row in real time: sends over HTTP as fast as its limiter lets it, until its parent
 * goes. Started by real-rows.ts with the plan as its argument.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, RateLimitError, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { createGate } from '../../src/worker/gate/gate.ts';
import { contenders, type Send } from './contenders.ts';

export const clientPlan = z.object({
  contender: z.string(),
  url: z.string(),
  redisPath: z.string(),
  prefix: z.string(),
  max: z.number(),
  windowMs: z.number(),
  known: z.boolean(),
  /** This client's part of the limit, for limiters that share nothing. */
  part: z.number(),
});
export type ClientPlan = z.infer<typeof clientPlan>;

/** Without a Retry-After, a BullMQ worker pauses for so long, as its documentation shows. */
const bullmqPauseMs = 500;
const bullmqConcurrency = 50;

const plan = clientPlan.parse(JSON.parse(process.argv[2] ?? '{}'));
const send: Send = async () => (await fetch(plan.url, { method: 'POST' })).status === 200;
process.on('disconnect', () => process.exit(0));
process.on('message', () => start());
process.send?.('ready');

function start(): void {
  if (plan.contender === 'this gate') void workWithGate();
  else if (plan.contender === 'bullmq') workWithBullmq();
  else
    contenderOf(plan.contender)
      .create({ max: plan.max * plan.part, windowMs: plan.windowMs })
      .keepSending(send);
}

function contenderOf(name: string): (typeof contenders)[number] {
  const found = contenders.find((contender) => contender.name === name);
  if (!found) throw new Error(`no contender is called ${name}`);
  return found;
}

async function workWithGate(): Promise<never> {
  const { prefix, max, windowMs, known } = plan;
  const redis = new Redis(plan.redisPath);
  const learn = known ? 'down' : 'both';
  const limit = { max, windowMs };
  const gate = createGate({ redis, prefix, operation: 'submit', limit, leaseMs: 10_000, learn });
  const call = async (slot: string) => gate.settle(slot, { kind: (await send()) ? 'counted' : 'refused' });
  for (let index = 0; ; index += 1) {
    const admission = await gate.admit(`${process.pid}-${index}`);
    if (admission.go) void call(admission.slot);
    else await sleep(admission.waitMs);
  }
}

function workWithBullmq(): void {
  const redis = new Redis(plan.redisPath, { maxRetriesPerRequest: null });
  const { prefix, max, windowMs } = plan;
  const queue = new Queue('submit', { connection: redis, prefix });
  const process = async (): Promise<void> => {
    if (await send()) return;
    await queue.rateLimit(bullmqPauseMs);
    throw new RateLimitError();
  };
  const limiter = { max, duration: windowMs };
  new Worker('submit', process, { connection: redis, prefix, concurrency: bullmqConcurrency, limiter });
}
