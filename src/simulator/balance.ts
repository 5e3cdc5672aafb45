/**
 * The account's credits. A task is charged when it is made and given back when it fails, as the vendor says;
 * since a task's fate is fixed when it is made, both follow from the time alone.
 */
import { costOf, mayFail, type Task } from './task.ts';

export interface Balance {
  charge(task: Task): void;
  spent(nowMs: number): number;
  left(nowMs: number): number;
  /** Sets the balance. */
  set(credits: number, nowMs: number): void;
}

export function createBalance(startCredits: number): Balance {
  let granted = startCredits;
  let settled = 0;
  let open: Task[] = [];

  function settle(task: Task, nowMs: number): boolean {
    const settledAtMs = task.recoversAtMs ?? task.endsAtMs;
    if (nowMs < settledAtMs) return false;
    settled += costOf(task, nowMs);
    return true;
  }
  function spent(nowMs: number): number {
    open = open.filter((task) => !settle(task, nowMs));
    return open.reduce((total, task) => total + costOf(task, nowMs), settled);
  }
  return {
    charge(task) {
      if (mayFail(task)) open.push(task);
      else settled += task.credits;
    },
    spent,
    left: (nowMs) => granted - spent(nowMs),
    set(credits, nowMs) {
      granted = credits + spent(nowMs);
    },
  };
}
