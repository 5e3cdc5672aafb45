/**
 * Logs repeating errors while Redis refuses writes or is unreachable: once a minute for each message, so that an outage
 * is a few lines. Other errors are always logged, with their stack.
 */
import type { Clock } from '../shared/clock.ts';
import type { Logger } from '../shared/logging/logger.ts';
import { isRedisTrouble } from '../shared/redis/redis-trouble.ts';

export type WarnOfTrouble = (message: string, error: unknown) => void;

const quietMs = 60_000;
/** What follows for each running job. */
const lostLock = /\block for job\b/;

export function createWarnOfTrouble({ logger, clock }: { logger: Logger; clock: Clock }): WarnOfTrouble {
  const warnedAt = new Map<string, number>();
  return (message, error) => {
    if (!(error instanceof Error) || !(isRedisTrouble(error) || lostLock.test(error.message))) {
      logger.warn({ err: error }, message);
      return;
    }
    const now = clock.now();
    if (now - (warnedAt.get(message) ?? Number.NEGATIVE_INFINITY) < quietMs) return;
    warnedAt.set(message, now);
    logger.warn({ message: error.message.split('\n')[0] }, message);
  };
}
