/**
 * Task ids that Redis has taken within the last minutes. A Redis that fails over, or is started again from its disk,
 * may have lost its last second, and the ids in it: the submit stage asks here before it calls a link unpaid or its
 * answer lost, and records the id again. In the memory of the process, bounded.
 */
import type { Clock } from '../shared/clock.ts';

export interface RecentTasks {
  note(itemId: string, taskId: string): void;
  /** The id of the task that was recorded last for the item. */
  of(itemId: string): string | null;
}

const keptMs = 10 * 60_000;
const mostTasks = 50_000;

export function createRecentTasks(clock: Clock): RecentTasks {
  /** The oldest comes first. */
  const tasks = new Map<string, { readonly taskId: string; readonly at: number }>();

  function forgetOld(): void {
    for (const [itemId, { at }] of tasks) {
      if (tasks.size <= mostTasks && clock.now() - at < keptMs) return;
      tasks.delete(itemId);
    }
  }

  return {
    note(itemId, taskId) {
      tasks.delete(itemId);
      tasks.set(itemId, { taskId, at: clock.now() });
      forgetOld();
    },
    of: (itemId) => tasks.get(itemId)?.taskId ?? null,
  };
}
