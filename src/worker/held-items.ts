/**
 * Which items a worker has in hand at present, by stage: what it tells of itself to whoever looks.
 */
import type { Stage } from '../shared/jobs/catalogue.ts';
import type { Holding } from '../shared/presence/worker-presence.ts';

export interface Held {
  /** The item is in hand until what is returned is disposed. */
  hold(stage: Stage, id: string): Disposable;
  list(): Holding;
}

export function countHeld(): Held {
  const ids = {
    submit: new Set<string>(),
    'status-check': new Set<string>(),
    download: new Set<string>(),
  } satisfies Record<Stage, Set<string>>;
  return {
    hold(stage, id) {
      ids[stage].add(id);
      return { [Symbol.dispose]: () => ids[stage].delete(id) };
    },
    list: () => ({
      submit: [...ids.submit],
      'status-check': [...ids['status-check']],
      download: [...ids.download],
    }),
  };
}
