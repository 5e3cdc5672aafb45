/**
 * For how long the vendor has been seen to say the same of a task. Pure; used by the status check's decision. Time
 * counts only between two looks that the vendor answered, and no more of it than was planned between them: while
 * the vendor, Redis or this process was away nobody could ask, and a clock that steps makes a task no older. So no
 * task is given up, and none is paid for again, for an outage or a clock.
 */

export interface SeenTime {
  /** The last look that the vendor answered, and how soon the next one was due after it. */
  readonly look?: { readonly at: number; readonly nextMs: number };
  readonly runningMs?: number;
  readonly failedMs?: number;
  readonly unknownMs?: number;
}

export type SeenState = 'running' | 'failed' | 'unknown';

/** How late a look may come and still count in full: a busy queue. */
const lateMs = 10_000;
const fieldOf = { running: 'runningMs', failed: 'failedMs', unknown: 'unknownMs' } as const;

/**
 * What has been seen, with the look of `now`, which found the task in `state`; what was seen of another state is
 * forgotten, but for the time a task has run.
 * @param next when the next look is due, in milliseconds from now
 */
export function seeAgain(seen: SeenTime, state: SeenState, now: number, next: number): SeenTime {
  const { runningMs } = seen;
  return {
    look: { at: now, nextMs: next },
    ...(runningMs === undefined ? {} : { runningMs }),
    [fieldOf[state]]: seenMs(seen, state, now),
  };
}

/** For how long it has been seen in `state` when a look at `now` finds it there again. */
export function seenMs({ look, ...seen }: SeenTime, state: SeenState, now: number): number {
  const before = seen[fieldOf[state]];
  // The first look in a state has seen it for no time at all; a running task has been running since it was made.
  if (look === undefined || (before === undefined && state !== 'running')) return before ?? 0;
  return (before ?? 0) + Math.min(Math.max(0, now - look.at), look.nextMs + lateMs);
}
