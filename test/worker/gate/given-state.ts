/** A gate whose learned numbers are given, at one instant: what one answer or one question makes of them. */
import type { Redis } from 'ioredis';
import { gateKeys } from '../../../src/shared/gate-state/gate-keys.ts';
import { createGate, type Gate, type GateOptions, type Verdict } from '../../../src/worker/gate/gate.ts';
import { redisPrefix } from '../../setup/redis.ts';

/** Instants and spans are in microseconds, as the scripts store them. */
export type Learned = Readonly<Record<string, number>>;

export const nowUs = 1_800_000_000_000_000;
export const ms = (count: number) => count * 1000;
export const windowUs = ms(10_000);
export const windows = (count: number) => count * windowUs;
export const ago = (us: number) => nowUs - us;
export const counted = { kind: 'counted' } as const;
export const refused = { kind: 'refused' } as const;
const configured = { max: 100, windowMs: 10_000 };
export const leaseMs = 30_000;

/** A limit that has stood for long and was just tried, with nothing under way. */
const settled: Learned = {
  limit: 100,
  window: windowUs,
  ceiling: 0,
  climbing: 0,
  step: 1,
  base: 100,
  raisedAt: 0,
  top: 0,
  streak: 0,
  refusedAt: 0,
  fellAt: 0,
  fellFrom: 0,
  sharedAccount: 0,
  interval: 2 * windowUs,
  nextProbeAt: nowUs + 5 * windowUs,
  pausedUntil: 0,
  pausedSince: 0,
  pauseProbeAt: 0,
  trouble: 0,
  rttMin: 0,
  rttMinBefore: 0,
  rttMean: 0,
  rttCount: 0,
};

export interface GivenGate {
  readonly gate: Gate;
  readonly prefix: string;
  readonly keys: ReturnType<typeof gateKeys>;
  readonly learned: () => Promise<Learned>;
}

export async function gateWith(
  redis: Redis,
  given: Learned = {},
  options: Partial<GateOptions> = {},
): Promise<GivenGate> {
  const prefix = redisPrefix();
  const keys = gateKeys(prefix, 'submit');
  await redis.hset(keys.state, {
    configured: `${configured.max}/${windowUs}`,
    ...settled,
    ...given,
  });
  const gate = createGate({
    redis,
    prefix,
    operation: 'submit',
    limit: configured,
    leaseMs,
    learn: 'both',
    nowUs: () => nowUs,
    ...options,
  });
  const learned = async () => {
    const fields = Object.entries(await redis.hgetall(keys.state));
    return Object.fromEntries(fields.map(([field, value]) => [field, Number(value)]));
  };
  return { gate, prefix, keys, learned };
}

export interface GivenSlot {
  readonly used: number;
  readonly beyond?: boolean;
  /** How long ago it was admitted. */
  readonly ageUs?: number;
}

export type Row = readonly [rule: string, given: Learned, slot: GivenSlot, then: Learned];

/** An admission that is still open, as admit.lua would have returned it. */
export async function openSlot(
  redis: Redis,
  { keys }: GivenGate,
  { used, beyond = false, ageUs = 0 }: GivenSlot,
): Promise<string> {
  const holder = `link.${used}.${ageUs}`;
  await redis.zadd(keys.open, nowUs - ageUs + ms(leaseMs), holder);
  return `${nowUs - ageUs} ${used} ${beyond ? 'beyond' : 'within'} ${holder}`;
}

/** What is learned when the one answer to this request has come. */
export async function answerTo(
  redis: Redis,
  given: Learned,
  slot: GivenSlot,
  verdict: Verdict,
  options: Partial<GateOptions> = {},
): Promise<Learned> {
  const givenGate = await gateWith(redis, given, options);
  await givenGate.gate.settle(await openSlot(redis, givenGate, slot), verdict);
  return givenGate.learned();
}
