/** What a person is told about a halt: what it is, and what to do. Pure. */
import type { HaltReason } from '../shared/gate-state/halt-reasons.ts';
import type { Halt } from '../shared/gate-state/halts.ts';
import { formatDuration } from './format.ts';

const advice: Readonly<Record<HaltReason, string>> = {
  unauthorized: 'check KIE_API_KEY; the key is wrong, expired or lacks the right',
  'no-credits': 'top up the account',
  'key-limit': 'raise the key’s own cap at the vendor, or wait until its period ends',
  maintenance: 'nothing to do: the vendor is asked again by itself',
  'model-paused': 'the vendor has switched the model off; wait, or choose another with --model',
  misconfigured: 'check KIE_BASE_URL and the model’s name, then start again',
  'storage-full': 'free some disk space where STORAGE_URL points, or lower MIN_FREE_BYTES',
};

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
    advice: advice[halt.reason],
    nextProbeAt: new Date(halt.nextProbeAt).toISOString(),
  };
}

export function describeHalt(halt: Halt, now: number): string {
  const model = halt.model === null ? '' : ` (${halt.model})`;
  const next = Math.max(0, halt.nextProbeAt - now);
  return [
    `Halted: ${halt.reason}${model} for ${formatDuration(now - halt.since)}. The vendor says: "${halt.message}".`,
    `What to do: ${advice[halt.reason]}. Nothing is lost; next look in ${formatDuration(next)}.`,
  ].join('\n');
}
