/**
 * Pauses that the vendor has asked for: shown to people, included in the forecast, and probed by a worker if they are
 * long. Stored in the state of the gate that they close.
 */
import { z } from 'zod';
import type { Keyspace } from '../redis/keyspace.ts';
import { clockScript, loadScript } from '../redis/script.ts';
import { gateKeys } from './gate-keys.ts';
import type { GateState } from './gate-state.ts';
import type { GateOperation } from './halt-reasons.ts';

const claimScript = loadScript(clockScript, new URL('claim-pause-probe.lua', import.meta.url));
const endScript = loadScript(new URL('end-pause.lua', import.meta.url));

export interface VendorPause {
  /** What waits: create calls or polls. */
  readonly operation: GateOperation;
  /** Unix milliseconds, by Redis's clock. */
  readonly since: number;
  readonly until: number;
  /** Why, in the vendor's words; null where it said none. */
  readonly message: string | null;
}

/** Shorter pauses are normal under a rate limit. */
const shownFromMs = 10_000;
const leastProbeUs = 120_000_000;
const mostProbeUs = 900_000_000;

/** The pause that ends last, if it is long enough to be shown. Pure. */
export function vendorPauseOf(gates: readonly (GateState | null)[], now: number): VendorPause | null {
  const pauses = gates.flatMap((gate) => {
    const left = pauseLeftMs(gate, now);
    if (gate === null || left < shownFromMs) return [];
    const { operation, pausedSince, pauseMessage: message } = gate;
    return [{ operation, since: pausedSince ?? now, until: now + left, message }];
  });
  return pauses.sort((a, b) => b.until - a.until)[0] ?? null;
}

export function pauseLeftMs(gate: GateState | null, now: number): number {
  return Math.max(0, (gate?.pausedUntil ?? 0) - now);
}

/**
 * Claims the right to probe a long pause.
 * @returns the value for `endPause`, or null if it is not this caller's turn
 */
export async function claimPauseProbe(
  { redis, prefix }: Keyspace,
  operation: GateOperation,
  nowUs?: number,
): Promise<string | null> {
  const clock = nowUs?.toFixed(0) ?? '';
  const { state } = gateKeys(prefix, operation);
  const claimed = z.string().parse(await claimScript(redis, [state], [clock, leastProbeUs, mostProbeUs]));
  return claimed === '' ? null : claimed;
}

/** True when the pause has ended by this call, and not before or after. */
export async function endPause(
  { redis, prefix }: Keyspace,
  operation: GateOperation,
  claimed: string,
): Promise<boolean> {
  return (await endScript(redis, [gateKeys(prefix, operation).state], [claimed])) === 1;
}
