/** Torments a world for a while, and leaves it in peace: every torment has undone itself when it returns. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from './random.ts';
import { type Torment, torments } from './torments.ts';
import type { World } from './world.ts';

/** @returns how often each torment was done */
export async function torment(world: World): Promise<ReadonlyMap<string, number>> {
  const { options } = world;
  const draw = world.random.stream('torments');
  const allowed = torments.filter(
    ({ name, subject }) =>
      (options.torments.length === 0 || options.torments.some((each) => name.startsWith(each))) &&
      (subject !== 'callback' || world.hasCallbacks),
  );
  const done = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  const busy = new Set<Torment['subject']>();
  const endsAt = performance.now() + options.minutes * 60_000;
  while (performance.now() < endsAt && allowed.length > 0) {
    await sleep(Math.min((-Math.log(1 - draw.next()) * 60_000) / options.rate, 15_000));
    const chosen = choose(allowed, draw);
    // The same draws, whether or not the subject is busy: the sequence follows from the seed.
    const own = draw.stream(`${draw.next()}`);
    if (busy.has(chosen.subject) || !isAllowedNow(chosen, world)) continue;
    done.set(chosen.name, (done.get(chosen.name) ?? 0) + 1);
    // Several processes may be frozen or dead at once.
    if (chosen.subject !== 'process') busy.add(chosen.subject);
    if (chosen.forgets === 'redis') world.calm.redisLostAt = performance.now();
    if (chosen.forgets === 'worker') world.calm.workersEnding += 1;
    const run = chosen
      .run(world, own)
      .catch((error: unknown) => world.note(`${chosen.name} could not be done: ${error}`))
      .finally(() => {
        busy.delete(chosen.subject);
        if (chosen.forgets === 'worker') {
          world.calm.workersEnding -= 1;
          world.calm.workerEndedAt = performance.now();
        }
        underWay.delete(run);
      });
    underWay.add(run);
  }
  await Promise.all(underWay);
  return done;
}

/** Until workers have told Redis again what it has lost. */
const tellingMs = 30_000;
/** What Redis loses is younger. */
const lostMs = 3000;

function isAllowedNow({ forgets }: Torment, { calm }: World): boolean {
  const now = performance.now();
  if (forgets === 'redis') return calm.workersEnding === 0 && now - calm.workerEndedAt > lostMs;
  return forgets !== 'worker' || now - calm.redisLostAt > tellingMs;
}

function choose(allowed: readonly Torment[], draw: Random): Torment {
  let rest = draw.next() * allowed.reduce((sum, { weight }) => sum + weight, 0);
  for (const each of allowed) {
    rest -= each.weight;
    if (rest < 0) return each;
  }
  return allowed[0] as Torment;
}
