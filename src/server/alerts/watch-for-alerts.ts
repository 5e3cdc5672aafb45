/**
 * Watches the readings and sends alerts to every target. Redis stores what was reported, so a restart repeats nothing
 * and misses nothing. An unreachable target is retried for about two minutes, then the alert is logged as lost.
 */
import { z } from 'zod';
import type { Overview } from '../readings/overview.ts';
import { problemsOf } from '../readings/problems.ts';
import type { ServerDeps } from '../server-deps.ts';
import { type AlertTarget, deliver } from './alert-target.ts';
import { decideAlerts, type Known } from './decide-alerts.ts';

const storedKnown = z.object({
  halts: z.array(z.object({ reason: z.string(), model: z.string().nullable(), since: z.number() })),
  going: z.array(z.string()),
  toldFailing: z.array(z.string()),
  problems: z
    .record(z.string(), z.object({ message: z.string(), since: z.number(), isTold: z.boolean() }))
    .default({}),
});
const nothingKnown: Known = { halts: [], going: [], toldFailing: [], problems: {} };

/** @returns a function to call with every reading */
export function watchForAlerts(deps: ServerDeps, targets: readonly AlertTarget[], failedShare: number) {
  const { redis, prefix, clock, logger } = deps;
  const key = `${prefix}:alerts`;
  return async (overview: Overview): Promise<void> => {
    const stored = await redis.get(key);
    const before = stored === null ? nothingKnown : storedKnown.parse(JSON.parse(stored));
    const { alerts, known } = decideAlerts(
      before,
      { ...overview, problems: problemsOf(overview) },
      failedShare,
    );
    await redis.set(key, JSON.stringify(known));
    for (const [alert, target] of alerts.flatMap((each) =>
      targets.map((target) => [each, target] as const),
    )) {
      void deliver(alert, target, () => clock.now()).catch((error: unknown) =>
        logger.error(
          { err: error, alert: alert.kind, target: target.name },
          'An alert could not be delivered',
        ),
      );
    }
  };
}
