/**
 * Warnings about things the vendor says that we know no rule for: once a minute for each distinct value,
 * so that a new state among a million tasks is a line and not a flood. One per vendor client.
 */
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';

const QUIET_MS = 60_000;
/** Values come from outside: beyond this number the memory is cleared. */
const MAX_VALUES = 200;

/** Warns with `message` and `fields`, unless the same `value` was warned about within the last minute. */
export type Warn = (message: string, value: string, fields: Readonly<Record<string, unknown>>) => void;

export function createBoundedWarnings({ logger, clock }: { logger: Logger; clock: Clock }): Warn {
  const warnedAt = new Map<string, number>();
  return (message, value, fields) => {
    const key = `${message} ${value}`;
    const now = clock.now();
    if (now - (warnedAt.get(key) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return;
    if (warnedAt.size >= MAX_VALUES) warnedAt.clear();
    warnedAt.set(key, now);
    logger.warn({ ...fields, value }, message);
  };
}
