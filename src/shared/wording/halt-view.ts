/** Halts and pauses of the vendor, in the form for scripts and the API. Pure. */
import type { HaltReason } from '../gate-state/halt-reasons.ts';
import type { Halt } from '../gate-state/halts.ts';
import type { VendorPause } from '../gate-state/vendor-pause.ts';
import { adviceFor } from '../vendor/halt-advice.ts';

export interface HaltView {
  readonly reason: HaltReason;
  readonly model: string | null;
  readonly since: string;
  readonly message: string;
  readonly advice: string;
  readonly nextProbeAt: string;
}

export function viewHalt(halt: Halt): HaltView {
  return {
    reason: halt.reason,
    model: halt.model,
    since: new Date(halt.since).toISOString(),
    message: halt.message,
    advice: adviceFor(halt),
    nextProbeAt: new Date(halt.nextProbeAt).toISOString(),
  };
}

export interface PauseView {
  readonly operation: VendorPause['operation'];
  readonly since: string;
  readonly until: string;
  readonly message: string | null;
}

export function viewPause({ operation, since, until, message }: VendorPause): PauseView {
  return { operation, since: new Date(since).toISOString(), until: new Date(until).toISOString(), message };
}
