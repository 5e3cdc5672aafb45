/**
 * Tasks one after the other as a worker meets them: submitted at the vendor's pace, polled while others
 * run, and learned from only once they were seen to have ended. Simulated time; every draw repeats.
 */

import type { Beliefs } from '../../src/worker/polling/duration-distribution.ts';
import { type EndedTask, type History, learnHistory, nextCheckAt } from '../../src/worker/polling/history.ts';
import type { Outcome, Schedule } from './schedules.ts';

/** 20 tasks in 10 s. */
const SUBMIT_EVERY_MS = 500;
/** As the worker does: a history is learned again every two seconds. */
const REFRESH_MS = 2_000;
const KEPT_TASKS = 320;

/** What a schedule that knows nothing comes to for these tasks. */
export function runPlain(durationsMs: readonly number[], next: Schedule): Outcome[] {
  return durationsMs.map((durationMs) => {
    let [queries, ageMs] = [0, 0];
    do {
      ageMs = next(ageMs);
      queries += 1;
    } while (ageMs < durationMs);
    return { queries, delayMs: ageMs - durationMs };
  });
}

interface Poll {
  task: number;
  atMs: number;
}

/** What the learning schedule comes to, task by task, from an empty history on. */
export function runLearning(durationsMs: readonly number[], beliefs: Beliefs): Outcome[] {
  const outcomes = durationsMs.map(() => ({ queries: 0, delayMs: 0 }));
  const learned: EndedTask[] = [];
  let history = learnHistory([], beliefs);
  let learnedAtMs = 0;
  const polls = new PollQueue();
  const plan = (known: History, task: number, nowMs: number) => {
    const running = { submittedAt: task * SUBMIT_EVERY_MS, callbacksOn: false };
    polls.add({ task, atMs: nextCheckAt(known, running, nowMs) });
  };
  let submitted = 0;
  for (;;) {
    const poll = polls.first();
    const submitAtMs = submitted * SUBMIT_EVERY_MS;
    const isSubmit = submitted < durationsMs.length && (poll === undefined || submitAtMs <= poll.atMs);
    if (poll === undefined && !isSubmit) return outcomes;
    const nowMs = isSubmit ? submitAtMs : (poll?.atMs ?? 0);
    if (nowMs - learnedAtMs >= REFRESH_MS) {
      history = learnHistory(learned, beliefs);
      learnedAtMs = nowMs;
    }
    if (isSubmit) {
      plan(history, submitted, nowMs);
      submitted += 1;
      continue;
    }
    polls.removeFirst();
    const task = poll?.task ?? 0;
    const durationMs = durationsMs[task] ?? 0;
    const outcome = outcomes[task] ?? { queries: 0, delayMs: 0 };
    outcome.queries += 1;
    outcome.delayMs = nowMs - task * SUBMIT_EVERY_MS - durationMs;
    if (outcome.delayMs < 0) plan(history, task, nowMs);
    else learned.unshift({ durationMs, seenBy: 'poll' });
    learned.length = Math.min(learned.length, KEPT_TASKS);
  }
}

/** Polls in the order of their time: a sorted array is enough for the tasks in flight. */
class PollQueue {
  readonly #polls: Poll[] = [];

  first(): Poll | undefined {
    return this.#polls[0];
  }

  removeFirst(): void {
    this.#polls.shift();
  }

  add(poll: Poll): void {
    const later = this.#polls.findIndex(({ atMs }) => atMs > poll.atMs);
    this.#polls.splice(later === -1 ? this.#polls.length : later, 0, poll);
  }
}
