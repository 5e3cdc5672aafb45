/**
 * How long a batch will take at the gate's real rate. Pure. Batches take turns by their priority, so a batch is
 * finished when the gate has served it and the other batches' turns until then. Future failures and later batches are
 * not part of the estimate.
 */
import type { Batch } from '../ledger/batch.ts';
import type { GateState } from './gate-state.ts';
import type { GateOperation } from './halt-reasons.ts';
import type { Situation } from './situation.ts';

export interface Rate {
  readonly limitPerMinute: number;
  readonly usedPerMinute: number;
}

type Waiting = Pick<Batch, 'name' | 'counts' | 'priority'>;

export interface ForecastFacts {
  /** The batches whose waiting links can move, in any order; with or without this one. */
  readonly waiting: readonly Waiting[];
  readonly rate: Rate | null;
  /** How long the vendor's short pauses still last: for new tasks and for status checks. */
  readonly pauseLeftMs: Readonly<Record<GateOperation, number>>;
  readonly typicalMs: number;
}

export function rateOf(gate: GateState | null): Rate | null {
  if (gate === null) return null;
  const perMinute = 60_000 / gate.rate.windowMs;
  return { limitPerMinute: gate.rate.max * perMinute, usedPerMinute: gate.usedSlots * perMinute };
}

/** Time until the last link that can move now has ended; null when unknown. */
export function forecastAll(
  { kind }: Pick<Situation, 'kind'>,
  { counts, runnable }: { readonly counts: Batch['counts']; readonly runnable: number },
  facts: Omit<ForecastFacts, 'waiting'>,
): number | null {
  return timeLeftMs(kind, runnable + counts.submitting, facts);
}

export function forecast(
  { kind }: Pick<Situation, 'kind'>,
  batch: Waiting,
  { waiting, ...facts }: ForecastFacts,
): number | null {
  return timeLeftMs(kind, workAhead(batch, waiting), facts);
}

/** @returns 0 where nothing is left to do; null where links do not move, and before the first task */
function timeLeftMs(
  kind: Situation['kind'],
  ahead: number,
  { rate, ...facts }: Omit<ForecastFacts, 'waiting'>,
): number | null {
  if (kind === 'ended' || kind === 'empty') return 0;
  return kind === 'running' && rate !== null ? afterMs(ahead, rate, facts) : null;
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
  let ahead = waitingOf(batch);
  for (const other of all) {
    if (other.name !== batch.name) ahead += Math.min(waitingOf(other), turns * other.priority);
  }
  return ahead;
}

function waitingOf({ counts }: Waiting): number {
  return counts.queued + counts.submitting;
}
