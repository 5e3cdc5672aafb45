/**
 * Which alerts follow from a reading, given what was known at the one before. Pure. Each thing is told once: what
 * has been told is part of what is known.
 */
import type { Halt } from '../../shared/gate-state/halts.ts';
import { type Batch, totalOf, unfinished } from '../../shared/ledger/batch.ts';

export type Alert =
  | { readonly kind: 'halt-began'; readonly halt: Halt }
  | {
      readonly kind: 'halt-ended';
      readonly reason: string;
      readonly model: string | null;
      readonly lastedMs: number;
    }
  | { readonly kind: 'batch-ended'; readonly batch: Batch }
  | { readonly kind: 'failures-above-share'; readonly batch: Batch; readonly share: number };

export interface KnownHalt {
  readonly reason: string;
  readonly model: string | null;
  readonly since: number;
}

export interface Known {
  readonly halts: readonly KnownHalt[];
  /** Names of batches that were still going. */
  readonly going: readonly string[];
  /** Names of batches whose failures have been told. */
  readonly toldFailing: readonly string[];
}

export interface Seen {
  readonly at: number;
  readonly halts: readonly Halt[];
  readonly batches: readonly Batch[];
}

/** Fewer ended links than this say little about a share. */
const leastEnded = 20;

export function decideAlerts(
  known: Known,
  seen: Seen,
  failedShare: number,
): { alerts: Alert[]; known: Known } {
  const isSame = (a: KnownHalt, b: KnownHalt) =>
    a.reason === b.reason && a.model === b.model && a.since === b.since;
  const began = seen.halts.filter((halt) => !known.halts.some((each) => isSame(each, halt)));
  const ended = known.halts.filter((halt) => !seen.halts.some((each) => isSame(each, halt)));
  const isGoing = ({ counts }: Batch) => unfinished(counts) > 0;
  const batchesEnded = seen.batches.filter((batch) => known.going.includes(batch.name) && !isGoing(batch));
  const failing = seen.batches.filter(
    (batch) => !known.toldFailing.includes(batch.name) && failedShareOf(batch) > failedShare,
  );
  return {
    alerts: [
      ...began.map((halt): Alert => ({ kind: 'halt-began', halt })),
      ...ended.map(
        ({ reason, model, since }): Alert => ({
          kind: 'halt-ended',
          reason,
          model,
          lastedMs: seen.at - since,
        }),
      ),
      ...failing.map(
        (batch): Alert => ({ kind: 'failures-above-share', batch, share: failedShareOf(batch) }),
      ),
      ...batchesEnded.map((batch): Alert => ({ kind: 'batch-ended', batch })),
    ],
    known: {
      halts: seen.halts.map(({ reason, model, since }) => ({ reason, model, since })),
      going: seen.batches.filter(isGoing).map(({ name }) => name),
      toldFailing: [
        ...known.toldFailing.filter((name) =>
          seen.batches.some((batch) => batch.name === name && failedShareOf(batch) > failedShare),
        ),
        ...failing.map(({ name }) => name),
      ],
    },
  };
}

/** Of the links that have ended; 0 while too few have. */
function failedShareOf({ counts }: Batch): number {
  const ended = totalOf(counts) - unfinished(counts) - counts.held;
  return ended < leastEnded ? 0 : counts.failed / ended;
}
