/** The current items of a worker, by stage, for its announcement. */
import { byStage, type Stage } from '../shared/jobs/catalogue.ts';
import type { Holding } from '../shared/presence/worker-presence.ts';

export interface Held {
  /** The item counts until the returned object is disposed. */
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
