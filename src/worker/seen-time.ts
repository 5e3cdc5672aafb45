/**
 * For how long the vendor has reported the same state of a task. Pure; used by the status check's decision. Time counts
 * only between two answered polls, and not more than was planned between them: while the vendor, Redis or this process
 * was away there were no polls, and a clock change makes a task no older. So no task is given up or paid again because
 * of an outage or a clock.
 */

export interface SeenTime {
  /** The last answered poll, and how soon the next one was due after it. */
  readonly look?: { readonly at: number; readonly nextMs: number };
  readonly runningMs?: number;
  readonly failedMs?: number;
  readonly unknownMs?: number;
}

export type SeenState = 'running' | 'failed' | 'unknown';

/** How late a poll may be and still count in full: a busy queue. */
const lateMs = 10_000;
const fieldOf = { running: 'runningMs', failed: 'failedMs', unknown: 'unknownMs' } as const;

/**
 * What has been seen, including the poll at `now`, which found the task in `state`. Time in other states is reset,
 * except for the time a task has run.
 * @param next when the next poll is due, in milliseconds from now
 */
export function seeAgain(seen: SeenTime, state: SeenState, now: number, next: number): SeenTime {
  const { runningMs } = seen;
  return {
    look: { at: now, nextMs: next },
    ...(runningMs === undefined ? {} : { runningMs }),
    [fieldOf[state]]: seenMs(seen, state, now),
  };
}

/** For how long it has been seen in `state` if a poll at `now` finds it there again. */
export function seenMs({ look, ...seen }: SeenTime, state: SeenState, now: number): number {
  const before = seen[fieldOf[state]];
  // The first poll in a state counts as no time; a running task has been running since it was created.
  if (look === undefined || (before === undefined && state !== 'running')) return before ?? 0;
  return (before ?? 0) + Math.min(Math.max(0, now - look.at), look.nextMs + lateMs);
}
