/** Torments a world for a while. Every torment has undone itself when it returns. */
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../test/setup/until.ts';
import type { Random } from './random.ts';
import { torments } from './torments/all-torments.ts';
import type { Torment } from './torments/torment.ts';
import type { World } from './world.ts';

const firstTaskMs = 600_000;
/** The failures last at most this many times as long as specified. */
const mostTimes = 4;

/**
 * From the first task until the time is over and all links are enqueued: on a busy machine commands start slowly, and
 * failures of an idle system show nothing.
 * @returns how often each torment was done
 */
export async function torment(world: World, given: Promise<void>): Promise<ReadonlyMap<string, number>> {
  const { options, simulator } = world;
  let isGiven = false;
  void given.finally(() => {
    isGiven = true;
  });
  await until(() => simulator.counts().tasks > 0, 'the first task is made', firstTaskMs);
  const draw = world.random.stream('torments');
  const allowed = torments.filter(
    ({ name, isFor }) =>
      (options.torments.length === 0 || options.torments.some((each) => name.startsWith(each))) &&
      isFor?.(world) !== false,
  );
  const done = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  const busy = new Set<Torment['subject']>();
  const startedAt = performance.now();
  const lasts = (times: number) => performance.now() - startedAt < options.minutes * 60_000 * times;
  while (allowed.length > 0 && (lasts(1) || (!isGiven && lasts(mostTimes)))) {
    await sleep(Math.min((-Math.log(1 - draw.next()) * 60_000) / options.rate, 15_000));
    const chosen = choose(allowed, draw);
    // The same draws, whether or not the subject is busy: the sequence follows from the seed.
    const own = draw.stream(`${draw.next()}`);
    if (busy.has(chosen.subject) || chosen.isPossible?.(world) === false) continue;
    done.set(chosen.name, (done.get(chosen.name) ?? 0) + 1);
    // Several processes may be frozen or dead at once.
    if (chosen.subject !== 'process') busy.add(chosen.subject);
    const run = chosen
      .run(world, own)
      .catch((error: unknown) => world.note(`${chosen.name} could not be done: ${error}`))
      .finally(() => {
        busy.delete(chosen.subject);
        underWay.delete(run);
      });
    underWay.add(run);
  }
  await Promise.all(underWay);
  return done;
}

function choose(allowed: readonly Torment[], draw: Random): Torment {
  let rest = draw.next() * allowed.reduce((sum, { weight }) => sum + weight, 0);
  for (const each of allowed) {
    rest -= each.weight;
    if (rest < 0) return each;
  }
  return allowed[0] as Torment;
}
