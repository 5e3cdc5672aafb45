/**
 * When to look at a running task, from what is known of the tasks before it. Pure; called by the
 * status-check stage through learned-histories.ts. The looks are placed where the result is likely: the
 * fewest queries that find it soonest. With callbacks the looks are only for those that get lost, so they
 * are rare as long as callbacks come, and come back by themselves when they do not.
 */
import { type Beliefs, effectiveTasks, learnDistribution } from './duration-distribution.ts';
import { nextFrequentLook } from './frequent-looks.ts';
import { type LookPlan, nextLook, solveLooks } from './solve-looks.ts';

/** One ended task, success or not. */
export interface EndedTask {
  durationMs: number;
  /** How its end was learned: `look-despite-callback` when a callback should have come and did not. */
  seenBy: 'callback' | 'look' | 'look-despite-callback';
}

/** What is known of a model's tasks. Immutable. */
export interface History {
  tasks: number;
  /** Looks without callbacks. */
  alone: LookPlan;
  /** Looks beside callbacks. */
  besideCallbacks: LookPlan;
}

export interface RunningTask {
  submittedAt: number;
  callbacksOn: boolean;
  /** Queries cost nothing at present: the gate of queries has room. */
  hasRoom?: boolean;
}

/**
 * One look is worth a second of delay: a look is placed where it saves, on average, more than a second for
 * each query that it costs. docs/polling.md has the reasons and the figures.
 */
export const QUERY_COST_MS = 1_000;
/** No limit is published for this endpoint; sibling ones allow 3 queries a second for a task. */
const MIN_GAP_MS = 500;
/** While little is known looks are cheaper by up to this factor: a result seen sooner also teaches sooner. */
const EXPLORING_SHARE = 0.25;
const EXPLORED_TASKS = 20;
/** Beside working callbacks a poll rarely finds anything, so it has to save this many times as much delay. */
const BESIDE_CALLBACKS_FACTOR = 5;
/** So many callbacks make half of that. */
const CALLBACKS_TRUSTED = 5;
/** A callback takes its time too, and may need a second try: a look before that tells nothing new. */
const CALLBACK_LEAD_MS = 5_000;
/** Beforehand one callback in fifty is believed to get lost, as firmly as 25 callbacks would show. */
const CALLBACKS_BELIEVED = 25;
const CALLBACKS_BELIEVED_LOST = 0.5;

/** Learns from `tasks`, newest first. Takes a few milliseconds: not for every task again. */
export function learnHistory(tasks: readonly EndedTask[], beliefs: Beliefs): History {
  const durationsMs = tasks.map(({ durationMs }) => Math.min(durationMs, beliefs.deadlineMs));
  const distribution = learnDistribution(durationsMs, beliefs);
  const known = Math.min(1, effectiveTasks(tasks.length) / EXPLORED_TASKS);
  const queryCostMs = QUERY_COST_MS * (EXPLORING_SHARE + (1 - EXPLORING_SHARE) * known);
  const costs = { queryCostMs, minGapMs: MIN_GAP_MS };
  const missedCallbackRate = lostShare(tasks);
  const besideCostMs =
    QUERY_COST_MS * (1 + (BESIDE_CALLBACKS_FACTOR - 1) * trustIn(tasks, missedCallbackRate));
  return {
    tasks: tasks.length,
    alone: solveLooks(distribution, { ...costs, missedCallbackRate: 1 }),
    besideCallbacks: solveLooks(distribution, {
      queryCostMs: besideCostMs,
      minGapMs: MIN_GAP_MS,
      missedCallbackRate,
    }),
  };
}

/**
 * The instant of the next look at a task that was running when last looked at, or just accepted: later
 * than `now`, and with the deadline as the last one before it.
 */
export function nextCheckAt(history: History, task: RunningTask, now: number): number {
  const ageMs = Math.max(0, now - task.submittedAt);
  const lookAlone = task.hasRoom ? nextFrequentLook : nextLook;
  const lookMs = task.callbacksOn ? nextLookBesideCallbacks(history, ageMs) : lookAlone(history.alone, ageMs);
  return Math.ceil(now - ageMs + lookMs);
}

/** By then a task whose callback has not come is likely to have lost it. */
export function nextLookBesideCallbacks({ besideCallbacks: plan }: History, ageMs: number): number {
  const lastMs = plan.distribution.timesMs.at(-1) ?? 0;
  const leadMs = CALLBACK_LEAD_MS * (1 - plan.costs.missedCallbackRate);
  const lookMs = leadMs + nextLook(plan, Math.max(0, ageMs - leadMs));
  return ageMs < lastMs ? Math.min(lookMs, lastMs) : lookMs;
}

/** From 0, before any callback has come, to 1. */
function trustIn(tasks: readonly EndedTask[], missedCallbackRate: number): number {
  const told = tasks.filter(({ seenBy }) => seenBy === 'callback').length;
  return (told / (told + CALLBACKS_TRUSTED)) * (1 - missedCallbackRate);
}

function lostShare(tasks: readonly EndedTask[]): number {
  const told = tasks.filter(({ seenBy }) => seenBy === 'callback').length;
  const lost = tasks.filter(({ seenBy }) => seenBy === 'look-despite-callback').length;
  return (lost + CALLBACKS_BELIEVED_LOST) / (lost + told + CALLBACKS_BELIEVED);
}
