/**
 * Keeps answers of the vendor that Redis has not recorded yet: each write is repeated until Redis accepts it, as long
 * as the process lives. A lost task id is lost money, so the submit stage begins no create call while a refused write
 * is kept. Used wherever a step is applied; the worker waits for the rest when it stops.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { heldAnswersPolicy } from '../shared/policy.ts';
import { isRedisTrouble } from '../shared/redis/redis-trouble.ts';
import { backoffMs } from './backoff.ts';
import type { WorkerContext } from './worker-context.ts';

export interface HeldTask {
  readonly itemId: string;
  readonly taskId: string;
  /** The create call it belongs to, from 1. */
  readonly attempt: number;
}

export interface HeldAnswers {
  /**
   * Repeats `write` until Redis accepts it; `write` must be safe to repeat. Rejects with errors that are not Redis
   * trouble, unless a task id would be lost, and with any error once the worker has stopped.
   * @param task whose id the write records
   */
  keep<Result>(write: () => Promise<Result>, task?: HeldTask): Promise<Result>;
  /** Waits until no refused write is left. @returns false if the signal was first */
  emptied(signal: AbortSignal): Promise<boolean>;
  tasks(): readonly HeldTask[];
  stop(): void;
}

export function createHeldAnswers({ logger, random }: Pick<WorkerContext, 'logger' | 'random'>): HeldAnswers {
  const tasks = new Set<HeldTask>();
  const refused = new Set<object>();
  const stopping = new AbortController();

  function hold(write: object, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (refused.size === 0) {
      logger.error(
        { message },
        'Redis refuses writes: no tasks are created until it accepts them; answers are kept and written again',
      );
    }
    refused.add(write);
  }

  function release(write: object): void {
    if (!refused.delete(write) || refused.size > 0 || stopping.signal.aborted) return;
    logger.warn('Redis accepts writes again: all kept answers are recorded, and tasks are created again');
  }

  return {
    async keep(write, task) {
      if (task !== undefined) tasks.add(task);
      for (let failures = 1; ; failures += 1) {
        try {
          const result = await write();
          if (task !== undefined) tasks.delete(task);
          release(write);
          return result;
        } catch (error) {
          const isKept = task !== undefined || isRedisTrouble(error);
          if (!isKept || stopping.signal.aborted) {
            refused.delete(write);
            throw error;
          }
          hold(write, error);
          await sleep(backoffMs(heldAnswersPolicy.backoff, failures, random()), undefined, {
            signal: stopping.signal,
          }).catch(() => undefined);
        }
      }
    },
    async emptied(signal) {
      while (refused.size > 0) {
        if (signal.aborted) return false;
        await sleep(heldAnswersPolicy.lookEveryMs, undefined, { signal }).catch(() => undefined);
      }
      return true;
    },
    tasks: () => [...tasks],
    stop: () => stopping.abort(),
  };
}
