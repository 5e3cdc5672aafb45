/**
 * Which alerts follow from a reading and the previous state. Pure. Each event is reported once: the state includes what
 * was reported.
 */
import type { Halt } from '../../shared/gate-state/halts.ts';
import { type Batch, totalOf, unfinished } from '../../shared/ledger/batch.ts';
import type { Problem } from '../readings/problems.ts';

export type Alert =
  | { readonly kind: 'halt-began'; readonly halt: Halt }
  | {
      readonly kind: 'halt-ended';
      readonly reason: string;
      readonly model: string | null;
      readonly lastedMs: number;
    }
  /** Something that needs a person though nothing is halted, see problems.ts. */
  | { readonly kind: 'problem-began'; readonly problem: Problem }
  | { readonly kind: 'problem-ended'; readonly message: string }
  | { readonly kind: 'batch-ended'; readonly batch: Batch }
  | { readonly kind: 'failures-above-share'; readonly batch: Batch; readonly share: number }
  /** Sent on request, to check that alerts arrive. */
  | { readonly kind: 'test' };

export interface KnownHalt {
  readonly reason: string;
  readonly model: string | null;
  readonly since: number;
}

export interface Known {
  readonly halts: readonly KnownHalt[];
  /** Names of batches that were still going. */
  readonly going: readonly string[];
  /** Names of batches whose failures have been reported. */
  readonly toldFailing: readonly string[];
  /** By key: when it was first seen, and whether it was reported. */
  readonly problems: Readonly<Record<string, KnownProblem>>;
}

export interface KnownProblem {
  readonly message: string;
  readonly since: number;
  readonly isTold: boolean;
}

export interface Seen {
  readonly at: number;
  readonly halts: readonly Halt[];
  readonly batches: readonly Batch[];
  readonly problems: readonly Problem[];
}

/** Fewer ended links than this say little about a share. */
const leastEnded = 20;
/** A worker that restarts is not reported. */
const leastProblemMs = 60_000;

export function decideAlerts(
  known: Known,
  seen: Seen,
  failedShare: number,
): { alerts: Alert[]; known: Known } {
  const isSame = (a: KnownHalt, b: KnownHalt) =>
    a.reason === b.reason && a.model === b.model && a.since === b.since;
  const began = seen.halts.filter((halt) => !known.halts.some((each) => isSame(each, halt)));
  // During another halt links still wait, so no halt is reported as over.
  const ended = seen.halts.length > 0 ? [] : known.halts;
  const kept = seen.halts.length > 0 ? known.halts : [];
  const problems = followProblems(known.problems, seen);
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
      ...problems.alerts,
      ...failing.map(
        (batch): Alert => ({ kind: 'failures-above-share', batch, share: failedShareOf(batch) }),
      ),
      ...batchesEnded.map((batch): Alert => ({ kind: 'batch-ended', batch })),
    ],
    known: {
      halts: [
        ...kept.filter((halt) => !seen.halts.some((each) => isSame(each, halt))),
        ...seen.halts.map(({ reason, model, since }) => ({ reason, model, since })),
      ],
      problems: problems.known,
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

function followProblems(
  known: Known['problems'],
  { problems, at }: Seen,
): { alerts: Alert[]; known: Known['problems'] } {
  const next: Record<string, KnownProblem> = {};
  const alerts: Alert[] = [];
  for (const problem of problems) {
    const { since = at, isTold = false } = known[problem.key] ?? {};
    const isDue = !isTold && at - since >= leastProblemMs;
    if (isDue) alerts.push({ kind: 'problem-began', problem });
    next[problem.key] = { message: problem.message, since, isTold: isTold || isDue };
  }
  const over = Object.entries(known).filter(([key, { isTold }]) => isTold && !(key in next));
  return {
    alerts: [...alerts, ...over.map(([, { message }]): Alert => ({ kind: 'problem-ended', message }))],
    known: next,
  };
}

/** Of the links that have ended; 0 while too few have. */
function failedShareOf({ counts }: Batch): number {
  const ended = totalOf(counts) - unfinished(counts) - counts.held;
  return ended < leastEnded ? 0 : counts.failed / ended;
}
