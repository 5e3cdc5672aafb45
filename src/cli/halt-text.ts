/** The text about a halt: what it is, and what to do. Pure. */
import type { Halt } from '../shared/gate-state/halts.ts';
import { adviceFor, haltSpeaker } from '../shared/vendor/halt-advice.ts';
import { formatDuration } from '../shared/wording/format.ts';

export function describeHalt(halt: Halt, now: number): string {
  const model = halt.model === null ? '' : ` (${halt.model})`;
  const next = Math.max(0, halt.nextProbeAt - now);
  return [
    `Halted: ${halt.reason}${model} for ${formatDuration(now - halt.since)}. ${haltSpeaker(halt.reason)}: "${halt.message}".`,
    `What to do: ${adviceFor(halt)}. Nothing is lost; next check in ${formatDuration(next)}.`,
  ].join('\n');
}
