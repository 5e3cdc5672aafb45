/**
 * What a torment is. Each undoes itself before it returns, so that the end of the last one is the end of the trouble.
 * Torments of one subject are not done at the same time; those of different subjects are.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Service } from '../processes.ts';
import type { Random } from '../random.ts';
import type { World } from '../world.ts';

export interface Torment {
  readonly name: string;
  readonly subject:
    | 'process'
    | 'clock'
    | 'redis'
    | 'redis-connection'
    | 'vendor'
    | 'vendor-connection'
    | 'storage-connection'
    | 'storage'
    | 'callback'
    | 'person';
  readonly weight: number;
  /** Whether this run has what it is done to; unset: always. */
  readonly isFor?: (world: World) => boolean;
  /** Whether it can be done now; unset: always. */
  readonly isPossible?: (world: World) => boolean;
  /** Says what it does as soon as it has drawn it. */
  run(world: World, draw: Random): Promise<void>;
}

interface Trouble {
  readonly ms: number;
  /** What is the case meanwhile, as in "Redis is unreachable". */
  readonly message: string;
  begin(): unknown;
  end(): unknown;
}

/** Does something, and undoes it after a while. */
export async function forAWhile(world: World, { ms, message, begin, end }: Trouble): Promise<void> {
  world.note(`${message} for ${(ms / 1000).toFixed(1)} s`);
  try {
    await begin();
    await sleep(ms);
  } finally {
    await end();
  }
}

/** One that is up: on a busy machine the others would never come to their work. */
export function someWorker(world: World, draw: Random): Service {
  const [first, ...rest] = world.workers.filter(({ isUp }) => isUp());
  if (first === undefined) throw new Error('no worker is up');
  return draw.pick([first, ...rest]);
}

export function isSomeWorkerUp({ workers }: World): boolean {
  return workers.some(({ isUp }) => isUp());
}
