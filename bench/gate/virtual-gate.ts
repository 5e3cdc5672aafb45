/**
 * The gate in virtual time: the real scripts in a real Redis, given the time instead of asking for it,
 * against a simulated server. Workers always have more to do. Used by the benchmark and by property tests.
 */
import type { RedisConnection } from '../../src/shared/redis/script.ts';
import { createGate, type Gate, type GateOptions } from '../../src/worker/gate/gate.ts';
import { seededRandom } from './random.ts';
import type { LimitingServer } from './servers.ts';
import { createTimeline } from './timeline.ts';

export interface VirtualRun {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly server: LimitingServer;
  readonly gate: Omit<GateOptions, 'redis' | 'prefix' | 'operation' | 'nowUs'>;
  readonly seed: number;
  readonly workers: number;
  readonly durationMs: number;
  /** One way, each way, drawn evenly between the two. */
  readonly delayMs: readonly [least: number, most: number];
  /** How many in a hundred admissions end with the worker killed before the answer is settled. */
  readonly crashPercent?: number;
  readonly events?: readonly { readonly atMs: number; readonly run: (gate: Gate) => void | Promise<void> }[];
  /** Another client of the same account: draws the time to its next request. */
  readonly otherGapMs?: (random: () => number) => number;
}

export interface Request {
  /** From the start of the run. */
  readonly arrivedAtMs: number;
  readonly accepted: boolean;
  /** Sent by the other client. */
  readonly other: boolean;
}

const startUs = 1_800_000_000_000_000;
/** A reply of Redis; and by how much a timer fires late, at most. */
const redisUs = 300;
const timerLateUs = 1000;

/** Returns what reached the server, in the order of arrival. */
export async function runVirtually(run: VirtualRun): Promise<Request[]> {
  const timeline = createTimeline(startUs);
  const random = seededRandom(run.seed);
  const nowUs = () => timeline.nowUs();
  const gate = createGate({ ...run.gate, redis: run.redis, prefix: run.prefix, operation: 'submit', nowUs });
  const requests: Request[] = [];
  const { delayMs, otherGapMs, crashPercent = 0 } = run;
  const oneWayUs = () => (delayMs[0] + random() * (delayMs[1] - delayMs[0])) * 1000;

  const arrive = (other: boolean): boolean => {
    const accepted = run.server.arrive(nowUs());
    requests.push({ arrivedAtMs: (nowUs() - startUs) / 1000, accepted, other });
    return accepted;
  };
  const ask = async (): Promise<void> => {
    const admission = await gate.admit(`try-${random()}`);
    if (!admission.go) return timeline.after(admission.waitMs * 1000 + redisUs + random() * timerLateUs, ask);
    timeline.after(oneWayUs(), () => send(admission.slot));
    timeline.after(redisUs, ask);
  };
  const send = (slot: string): void => {
    const accepted = arrive(false);
    if (random() * 100 < crashPercent) return;
    timeline.after(oneWayUs(), async () => {
      await gate.settle(slot, { kind: accepted ? 'counted' : 'refused' });
    });
  };
  const sendOther = (gapMs: (random: () => number) => number): void => {
    arrive(true);
    timeline.after(gapMs(random) * 1000, () => sendOther(gapMs));
  };

  for (const event of run.events ?? []) timeline.after(event.atMs * 1000, () => event.run(gate));
  for (let worker = 0; worker < run.workers; worker += 1) timeline.after(random() * timerLateUs, ask);
  if (otherGapMs) timeline.after(otherGapMs(random) * 1000, () => sendOther(otherGapMs));
  await timeline.runUntil(startUs + run.durationMs * 1000);
  return requests;
}
