/**
 * How long a batch will take at the rate the gate really lets through. Pure. Batches take turns by their
 * priority, so a batch is done when the gate has served it, and of each other batch what its turns until then
 * are worth. An estimate: tasks that fail and batches that come later are not foreseen.
 */
import { type Batch, unfinished } from '../ledger/batch.ts';
import type { GateState } from './gate-state.ts';
import type { GateOperation } from './halt-reasons.ts';
import type { Halt } from './halts.ts';

export interface Rate {
  /** New tasks a minute that the gate allows at present, as it has learned. */
  readonly limitPerMinute: number;
  /** New tasks a minute that it has let through lately. */
  readonly usedPerMinute: number;
}

export interface Forecast {
  /** Null when nobody can tell: halted, paused, nobody works on it, or no gate yet. 0 when the batch has ended. */
  readonly etaMs: number | null;
  readonly waitsFor: 'halt' | 'pause' | 'worker' | null;
}

type Waiting = Pick<Batch, 'name' | 'model' | 'counts' | 'priority' | 'isPaused'>;

export interface ForecastFacts {
  /** All batches with waiting links, in any order; paused ones do not matter. */
  readonly waiting: readonly Waiting[];
  readonly rate: Rate | null;
  readonly halts: readonly Pick<Halt, 'reason' | 'model'>[];
  readonly isAllPaused: boolean;
  /** Whether a worker is alive that takes this batch's links. */
  readonly isWorkedOn: boolean;
  /** How long the vendor's pauses still last: of new tasks, and of looks at those under way. */
  readonly pauseLeftMs: Readonly<Record<GateOperation, number>>;
  /** How long a task usually takes. */
  readonly typicalMs: number;
}

export function rateOf(gate: GateState | null): Rate | null {
  if (gate === null) return null;
  const perMinute = 60_000 / gate.rate.windowMs;
  return { limitPerMinute: gate.rate.max * perMinute, usedPerMinute: gate.usedSlots * perMinute };
}

/** Until the last link of all is through that can move now; null when nobody can tell. */
export function forecastAll(
  { counts, runnable }: { readonly counts: Batch['counts']; readonly runnable: number },
  facts: Pick<ForecastFacts, 'rate' | 'pauseLeftMs' | 'typicalMs'>,
): number | null {
  const ahead = runnable + counts.submitting;
  if (ahead + counts.processing + counts.downloading === 0) return 0;
  return facts.rate === null ? null : afterMs(ahead, facts.rate, facts);
}

export function forecast(batch: Waiting, facts: ForecastFacts): Forecast {
  if (unfinished(batch.counts) === 0) return { etaMs: 0, waitsFor: null };
  if (facts.halts.some(({ model }) => model === null || model === batch.model))
    return { etaMs: null, waitsFor: 'halt' };
  const ahead = workAhead(batch, facts.waiting);
  if (ahead > 0 && (batch.isPaused || facts.isAllPaused)) return { etaMs: null, waitsFor: 'pause' };
  if (!facts.isWorkedOn) return { etaMs: null, waitsFor: 'worker' };
  if (facts.rate === null) return { etaMs: null, waitsFor: null };
  return { etaMs: afterMs(ahead, facts.rate, facts), waitsFor: null };
}

function afterMs(ahead: number, rate: Rate, facts: Pick<ForecastFacts, 'pauseLeftMs' | 'typicalMs'>): number {
  const perMinute = rate.usedPerMinute > 0 ? rate.usedPerMinute : rate.limitPerMinute;
  const { submit, query } = facts.pauseLeftMs;
  const submittedMs = ahead === 0 ? 0 : submit + (ahead / perMinute) * 60_000;
  return Math.round(Math.max(submittedMs, query) + facts.typicalMs);
}

/** Links that are submitted until the last of this batch is: in turns, each batch as often as its priority says. */
function workAhead(batch: Waiting, all: readonly Waiting[]): number {
  const turns = waitingOf(batch) / batch.priority;
  const others = all.filter(({ name, isPaused }) => name !== batch.name && !isPaused);
  return others.reduce(
    (sum, other) => sum + Math.min(waitingOf(other), turns * other.priority),
    waitingOf(batch),
  );
}

function waitingOf({ counts }: Waiting): number {
  return counts.queued + counts.submitting;
}
