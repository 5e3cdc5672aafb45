/**
 * When to poll a running task, from the durations of earlier tasks. Pure; called by the status-check stage through
 * learned-histories.ts. Polls are placed where the result is likely. With callbacks, polls only serve tasks whose
 * callback is lost: they are rare while callbacks arrive, and return when callbacks stop.
 */
import { type Beliefs, effectiveTasks, learnDistribution } from './duration-distribution.ts';
import { nextFrequentPoll } from './frequent-polls.ts';
import { nextPoll, type PollPlan, planPolls } from './plan-polls.ts';

/** One ended task, success or not. */
export interface EndedTask {
  durationMs: number;
  /** How its end was learned; `poll-despite-callback`: an expected callback did not arrive. */
  seenBy: 'callback' | 'poll' | 'poll-despite-callback';
}

/** What is known about a model's tasks. Immutable. */
export interface History {
  tasks: number;
  /** Polls without callbacks. */
  alone: PollPlan;
  /** Polls with callbacks. */
  withCallbacks: PollPlan;
}

export interface RunningTask {
  submittedAt: number;
  callbacksOn: boolean;
  /** The query gate has room, so queries cost nothing at present. */
  hasRoom?: boolean;
}

/**
 * One poll costs as much as a second of delay: it is made when it saves more than that on average.
 * docs/polling.md has the reasons and the figures.
 */
export const QUERY_COST_MS = 1_000;
/** No limit is published for this endpoint; sibling endpoints allow 3 queries a second per task. */
const MIN_GAP_MS = 500;
/** While little is known, polls are cheaper by up to this factor: a result found sooner also teaches sooner. */
const EXPLORING_SHARE = 0.25;
const EXPLORED_TASKS = 20;
/** While callbacks work, polls rarely find anything, so a poll must save this many times as much delay. */
const BESIDE_CALLBACKS_FACTOR = 5;
/** After this many callbacks, half of that factor applies. */
const CALLBACKS_TRUSTED = 5;
/** A callback also takes time, and may need a second try: an earlier poll is unnecessary. */
const CALLBACK_LEAD_MS = 5_000;
/** The prior: one callback in fifty is lost, with the weight of 25 callbacks. */
const CALLBACKS_BELIEVED = 25;
const CALLBACKS_BELIEVED_LOST = 0.5;

/** Learns from `tasks`, newest first. Takes a few milliseconds, so it is not repeated for every task. */
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
    alone: planPolls(distribution, { ...costs, missedCallbackRate: 1 }),
    withCallbacks: planPolls(distribution, {
      queryCostMs: besideCostMs,
      minGapMs: MIN_GAP_MS,
      missedCallbackRate,
    }),
  };
}

/**
 * The instant of the next poll of a task that was last seen running, or was just accepted: later than `now`, with the
 * deadline as the last one before it.
 */
export function nextCheckAt(history: History, task: RunningTask, now: number): number {
  const ageMs = Math.max(0, now - task.submittedAt);
  const pollAlone = task.hasRoom ? nextFrequentPoll : nextPoll;
  const pollMs = task.callbacksOn ? nextPollWithCallbacks(history, ageMs) : pollAlone(history.alone, ageMs);
  return Math.ceil(now - ageMs + pollMs);
}

/** By then, a callback that has not arrived is probably lost. */
export function nextPollWithCallbacks({ withCallbacks: plan }: History, ageMs: number): number {
  const lastMs = plan.distribution.timesMs.at(-1) ?? 0;
  const leadMs = CALLBACK_LEAD_MS * (1 - plan.costs.missedCallbackRate);
  const pollMs = leadMs + nextPoll(plan, Math.max(0, ageMs - leadMs));
  return ageMs < lastMs ? Math.min(pollMs, lastMs) : pollMs;
}

/** From 0, before the first callback, to 1. */
function trustIn(tasks: readonly EndedTask[], missedCallbackRate: number): number {
  const told = tasks.filter(({ seenBy }) => seenBy === 'callback').length;
  return (told / (told + CALLBACKS_TRUSTED)) * (1 - missedCallbackRate);
}

function lostShare(tasks: readonly EndedTask[]): number {
  const told = tasks.filter(({ seenBy }) => seenBy === 'callback').length;
  const lost = tasks.filter(({ seenBy }) => seenBy === 'poll-despite-callback').length;
  return (lost + CALLBACKS_BELIEVED_LOST) / (lost + told + CALLBACKS_BELIEVED);
}
