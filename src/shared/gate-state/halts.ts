/**
 * Halts: begun by whichever stage meets one, read by the gate, `status` and the dashboard, ended when a
 * probe succeeds. Thousands of waiting links cause one probe: whoever holds the claim sends it, everybody
 * else waits. A halt lives in Redis, so it is one halt for all processes and outlives each of them.
 */
import { z } from 'zod';
import { haltsKey, probesKey } from './gate-keys.ts';
import { type GateOperation, type HaltReason, haltField, haltReasons, stops } from './halt-reasons.ts';
import { loadLuaScript, type RedisConnection } from './lua-script.ts';

const beginHaltScript = loadLuaScript(new URL('begin-halt.lua', import.meta.url));
const claimProbeScript = loadLuaScript(new URL('claim-probe.lua', import.meta.url));

export interface NewHalt {
  readonly reason: HaltReason;
  /** Set for a halt of one model alone; without it the whole account waits. */
  readonly model?: string;
  /** Why, in the vendor's words. */
  readonly message: string;
  /** Unix milliseconds. */
  readonly nextProbeAt: number;
}

export interface Halt {
  reason: HaltReason;
  model: string | null;
  message: string;
  /** Unix milliseconds of the first report of this unbroken halt. */
  since: number;
  nextProbeAt: number;
  /** Probes claimed so far; the prober widens its interval by it. */
  probes: number;
}

export type ProbeClaim =
  /** This claimant alone may probe, until the lease ends; then `endHalt`, or `beginHalt` with the next time. */
  | { claimed: true; probes: number }
  /** Not before `waitMs`, or somebody else is at it; `gone` when the halt has ended. */
  | { claimed: false; waitMs: number; gone: boolean };

export interface HaltIdentity {
  readonly reason: HaltReason;
  readonly model?: string;
}

const storedHalt = z.object({
  reason: z.enum(haltReasons),
  model: z.string().nullish(),
  message: z.string(),
  since: z.number(),
  nextProbeAt: z.number(),
  probes: z.number(),
});

/** Begins a halt, or renews one: `since` stays the first, the next probe is never brought forward. True when new. */
export async function beginHalt(redis: RedisConnection, prefix: string, halt: NewHalt): Promise<boolean> {
  const keys = [haltsKey(prefix), probesKey(prefix)];
  const isNew = await beginHaltScript.run(redis, keys, [
    haltField(halt.reason, halt.model),
    JSON.stringify(halt),
    '',
  ]);
  return isNew === 1;
}

/** Ends a halt. True when there was one. */
export async function endHalt(redis: RedisConnection, prefix: string, halt: HaltIdentity): Promise<boolean> {
  const field = haltField(halt.reason, halt.model);
  const ended = await redis.hdel(haltsKey(prefix), field);
  await redis.hdel(probesKey(prefix), field);
  return ended === 1;
}

/** All standing halts, the oldest first. */
export async function listHalts(redis: RedisConnection, prefix: string): Promise<Halt[]> {
  const stored = await redis.hgetall(haltsKey(prefix));
  return Object.values(stored)
    .map((text) => storedHalt.parse(JSON.parse(text)))
    .map((halt) => ({ ...halt, model: halt.model ?? null }))
    .sort((a, b) => a.since - b.since);
}

/** Models of which no call of this kind goes out at present, while the account itself is open. */
export function modelsHalted(operation: GateOperation, halts: readonly Halt[]): string[] {
  return halts.flatMap(({ reason, model }) => (model !== null && stops(reason, operation) ? [model] : []));
}

/** Asks for the right to probe a halt; at most one claimant has it at a time, for `leaseMs`. */
export async function claimProbe(
  redis: RedisConnection,
  prefix: string,
  probe: HaltIdentity & { readonly claimant: string; readonly leaseMs: number },
): Promise<ProbeClaim> {
  const reply = await claimProbeScript.run(
    redis,
    [haltsKey(prefix), probesKey(prefix)],
    [haltField(probe.reason, probe.model), probe.claimant, probe.leaseMs, ''],
  );
  const [claimed, waitMs, probes] = z.tuple([z.number(), z.number(), z.number()]).parse(reply);
  if (claimed === 1) return { claimed: true, probes };
  return { claimed: false, waitMs: Math.max(0, waitMs), gone: waitMs < 0 };
}

/** Makes a halt due for its probe now, as a restart may have brought what it waits for. */
export async function hastenProbe(
  redis: RedisConnection,
  prefix: string,
  halt: Halt,
  now: number,
): Promise<void> {
  const field = haltField(halt.reason, halt.model ?? undefined);
  const hastened: Halt = { ...halt, nextProbeAt: Math.min(halt.nextProbeAt, now), probes: 0 };
  if (await redis.hexists(haltsKey(prefix), field)) {
    await redis.hset(haltsKey(prefix), field, JSON.stringify(hastened));
  }
}
