/**
 * Halts: begun by any stage, read by the gate, `status` and the dashboard, ended by a successful probe. Thousands of
 * waiting links cause one probe: the holder of the claim sends it, and all others wait. A halt is in Redis, so all
 * processes share it and it outlives them.
 */
import { z } from 'zod';
import type { Keyspace } from '../redis/keyspace.ts';
import { clockScript, loadScript } from '../redis/script.ts';
import { haltsKey, probesKey } from './gate-keys.ts';
import { type GateOperation, type HaltReason, haltField, haltReasons, stops } from './halt-reasons.ts';

const beginHaltScript = loadScript(clockScript, new URL('begin-halt.lua', import.meta.url));
const claimTrialScript = loadScript(new URL('claim-trial.lua', import.meta.url));
const hastenProbeScript = loadScript(new URL('hasten-probe.lua', import.meta.url));
const claimProbeScript = loadScript(clockScript, new URL('claim-probe.lua', import.meta.url));

export interface NewHalt {
  readonly reason: HaltReason;
  /** Set for a halt of one model alone; without it the whole account waits. */
  readonly model?: string;
  /** Why, in the vendor's words. */
  readonly message: string;
  /** Unix milliseconds. */
  readonly nextProbeAt: number;
  /** For `no-credits`: what the refused task would have cost, or more, when so much was seen not to be enough. */
  readonly credits?: number;
  /** For `storage-full`: the space that the result needs in addition to the reserve. */
  readonly roomBytes?: number;
  /** What the probe tries: the key of a result that could not be stored, or the URL of one that could not be fetched. */
  readonly target?: string;
  /** When a probe found the halt standing, Unix milliseconds. */
  readonly probedAt?: number;
  /** The probe cannot tell whether the halt is over: one link may try. */
  readonly trial?: boolean;
  /** For `no-credits`: what the halt needs beyond if the trial is refused. */
  readonly triedCredits?: number;
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
  credits?: number | undefined;
  roomBytes?: number | undefined;
  target?: string | undefined;
  probedAt?: number | undefined;
  /** One link may try, and none has tried yet. */
  trial?: boolean | undefined;
  triedCredits?: number | undefined;
  /** The link that tried last. */
  trialOf?: string | undefined;
}

export type ProbeClaim =
  /** This claimant alone may probe, until the lease ends; then `endHalt`, or `beginHalt` with the next time. */
  | { claimed: true; probes: number }
  /** Not before `waitMs`, or another worker is probing; `gone` if the halt has ended. */
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
  credits: z.number().optional(),
  roomBytes: z.number().optional(),
  target: z.string().optional(),
  probedAt: z.number().optional(),
  trial: z.boolean().optional(),
  triedCredits: z.number().optional(),
  trialOf: z.string().optional(),
});

/**
 * Begins a halt, or renews one: `since` stays the first, and the next probe is never moved forward. True if it is new.
 */
export async function beginHalt({ redis, prefix }: Keyspace, halt: NewHalt): Promise<boolean> {
  const keys = [haltsKey(prefix), probesKey(prefix)];
  const isNew = await beginHaltScript(redis, keys, [
    haltField(halt.reason, halt.model),
    JSON.stringify(halt),
    '',
  ]);
  return isNew === 1;
}

export async function endHalt({ redis, prefix }: Keyspace, halt: HaltIdentity): Promise<boolean> {
  const field = haltField(halt.reason, halt.model);
  const ended = await redis.hdel(haltsKey(prefix), field);
  await redis.hdel(probesKey(prefix), field);
  return ended === 1;
}

export async function listHalts({ redis, prefix }: Keyspace): Promise<Halt[]> {
  const stored = await redis.hgetall(haltsKey(prefix));
  return Object.values(stored)
    .map((text) => storedHalt.parse(JSON.parse(text)))
    .map((halt) => ({ ...halt, model: halt.model ?? null }))
    .sort((a, b) => a.since - b.since);
}

/**
 * Whether a halt is known to exist now: it began after `at`, or a later probe has confirmed it. An earlier one may be
 * over without a probe.
 */
export function standsSince({ since, probedAt, trial }: Halt, at: number): boolean {
  return trial !== true && Math.max(since, probedAt ?? 0) >= at;
}

/** Models that are halted for calls of this kind, while the account is not. */
export function modelsHalted(operation: GateOperation, halts: readonly Halt[]): string[] {
  const models = halts.flatMap(({ reason, model }) =>
    model !== null && stops(reason, operation) ? [model] : [],
  );
  return models.filter((model) => openTrial(operation, halts, model) === null);
}

/**
 * The halt that one link may try, when it is the only one that stops this call.
 * @param model of the link; without it only the halts of the account count
 */
export function openTrial(operation: GateOperation, halts: readonly Halt[], model?: string): Halt | null {
  const stopping = halts.filter(
    (halt) => stops(halt.reason, operation) && (halt.model === null || halt.model === model),
  );
  const [first, ...others] = stopping;
  return first?.trial === true && others.length === 0 ? first : null;
}

export async function claimTrial(
  { redis, prefix }: Keyspace,
  halt: HaltIdentity,
  itemId: string,
): Promise<boolean> {
  const field = haltField(halt.reason, halt.model);
  const claimed = await claimTrialScript(redis, [haltsKey(prefix)], [field, itemId]);
  return claimed === 1;
}

export async function claimProbe(
  { redis, prefix }: Keyspace,
  probe: HaltIdentity & { readonly claimant: string; readonly leaseMs: number },
): Promise<ProbeClaim> {
  const reply = await claimProbeScript(
    redis,
    [haltsKey(prefix), probesKey(prefix)],
    [haltField(probe.reason, probe.model), probe.claimant, probe.leaseMs, ''],
  );
  const [claimed, waitMs, probes] = z.tuple([z.number(), z.number(), z.number()]).parse(reply);
  if (claimed === 1) return { claimed: true, probes };
  return { claimed: false, waitMs: Math.max(0, waitMs), gone: waitMs < 0 };
}

/** Makes a halt due for its probe now, as a restart may have fixed its cause. */
export async function hastenProbe(
  { redis, prefix }: Keyspace,
  halt: Pick<Halt, 'reason' | 'model'>,
  now: number,
): Promise<void> {
  const field = haltField(halt.reason, halt.model ?? undefined);
  await hastenProbeScript(redis, [haltsKey(prefix)], [field, now]);
}
