/**
 * Asks the gate for a slot. One that is free in a moment is waited for here: to delay the job takes longer and costs
 * more. Called by the submit stage and by queries.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admission, Gate } from './gate.ts';

const shortWaitMs = 50;
const mostShortWaits = 5;

/** @param signal ends the wait: then the answer is the last refusal */
export async function admitSoon(
  gate: Gate,
  holder: string,
  model: string,
  signal: AbortSignal,
): Promise<Admission> {
  for (let tries = 1; ; tries += 1) {
    const admission = await gate.admit(holder, model);
    const isSoon = !admission.go && admission.why === 'limit' && admission.waitMs <= shortWaitMs;
    if (!isSoon || tries === mostShortWaits) return admission;
    await sleep(admission.waitMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return admission;
  }
}
