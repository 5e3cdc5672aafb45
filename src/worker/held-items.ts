/**
 * Which items a worker has in hand at present, by stage: what it shows of itself to others.
 */
import { byStage, type Stage } from '../shared/jobs/catalogue.ts';
import type { Holding } from '../shared/presence/worker-presence.ts';

export interface Held {
  /** The item is in hand until what is returned is disposed. */
  hold(stage: Stage, id: string): Disposable;
  list(): Holding;
}

export function countHeld(): Held {
  const ids = byStage(() => new Set<string>());
  return {
    hold(stage, id) {
      ids[stage].add(id);
      return { [Symbol.dispose]: () => ids[stage].delete(id) };
    },
    list: () => byStage((stage) => [...ids[stage]]),
  };
}
