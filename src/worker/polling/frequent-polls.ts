/**
 * Polls while the query gate has room: queries cost nothing then, so results are found soon. Pure; called by
 * history.ts. The gap between two polls grows with the age, so the delay is a share of the task's duration. Periods in
 * which hardly any task ends are skipped. Never later than the planned poll.
 */
import { type Distribution, nextPoll, type PollPlan } from './plan-polls.ts';

/** On average a task is found late by half of the gap: about 9 % of its duration. */
const growth = 0.18;
/** Sibling endpoints allow 3 queries a second for a task. */
const leastGapMs = 400;
/** A poll that would find a smaller share of the running tasks is skipped. */
const leastShare = 0.02;

export function nextFrequentPoll(plan: PollPlan, ageMs: number): number {
  const soonMs = ageMs + Math.max(leastGapMs, growth * ageMs);
  return Math.min(nextPoll(plan, ageMs), Math.max(soonMs, likelyEndMs(plan.distribution, ageMs)));
}

/** When this share of the tasks that run at this age will have ended. */
function likelyEndMs({ timesMs, cdf }: Distribution, ageMs: number): number {
  const after = timesMs.findIndex((timeMs) => timeMs > ageMs);
  if (after < 0) return ageMs;
  const ended = cdf[Math.max(0, after - 1)] ?? 0;
  const wanted = ended + leastShare * (1 - ended);
  const index = cdf.findIndex((share, at) => at >= after && share >= wanted);
  return timesMs[index] ?? Number.POSITIVE_INFINITY;
}
