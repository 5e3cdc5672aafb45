/**
 * The time that all processes share: Redis's clock. It alone measures ages of records in Redis, because a machine's
 * clock may be hours off. Between two readings the monotonic clock of this process is used. It is read every few
 * seconds and after each reconnection, which may lead to another server.
 */
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { gateKeys, haltsKey } from '../gate-state/gate-keys.ts';
import { ledgerKeys } from '../ledger/keys.ts';
import type { Logger } from '../logging/logger.ts';
import type { Keyspace } from '../redis/keyspace.ts';
import { loadScript } from '../redis/script.ts';

const keepTimeScript = loadScript(new URL('keep-time.lua', import.meta.url));
const readEveryMs = 5000;
/** Less than this is no step: servers of one deployment differ by as much. */
const steppedMs = 2000;

export interface RedisClock extends Clock {
  stop(): Promise<void>;
}

export interface RedisClockDeps extends Keyspace {
  readonly logger: Logger;
  /** Monotonic milliseconds. */
  readonly steadyMs?: () => number;
  /** The clock was set back: jobs that were delayed until an instant of the old time are due too late. */
  readonly onSetBack: () => Promise<void>;
}

/** What a reading says, and how far it may be off: the half of the way there and back. */
export interface Reading {
  readonly offsetMs: number;
  readonly toleranceMs: number;
}

/** Within the precision of the readings the time is not corrected, so that it does not jitter. */
export function nextOffsetMs(offsetMs: number, reading: Reading): number {
  return Math.abs(reading.offsetMs - offsetMs) <= reading.toleranceMs ? offsetMs : reading.offsetMs;
}

/** @throws when Redis does not answer the first reading */
export async function startRedisClock(deps: RedisClockDeps): Promise<RedisClock> {
  const { redis, prefix, logger, onSetBack, steadyMs = () => performance.now() } = deps;
  const gates = (['submit', 'query'] as const).map((operation) => gateKeys(prefix, operation).state);
  const keys = [`${prefix}:clock`, ledgerKeys(prefix).active, haltsKey(prefix), ...gates];
  let offsetMs = (await read()).offsetMs;
  let reading: Promise<void> = Promise.resolve();

  async function read(): Promise<Reading> {
    const askedAt = steadyMs();
    const reply = await keepTimeScript(redis, keys, [steppedMs]);
    const answeredAt = steadyMs();
    const [now, setBackMs] = z.tuple([z.number(), z.number()]).parse(reply);
    if (setBackMs > 0) {
      logger.warn({ setBackMs }, 'The clock of Redis was set back: waiting items are rescheduled');
      await onSetBack();
    }
    const toleranceMs = (answeredAt - askedAt) / 2 + 1;
    return { offsetMs: now - (askedAt + answeredAt) / 2, toleranceMs };
  }

  async function readAgain(): Promise<void> {
    try {
      offsetMs = nextOffsetMs(offsetMs, await read());
    } catch (error) {
      logger.debug({ err: error }, 'Could not read the clock of Redis, retrying');
    }
  }

  function readSoon(): void {
    reading = reading.then(readAgain);
  }

  const timer = setInterval(readSoon, readEveryMs);
  timer.unref();
  redis.on('ready', readSoon);
  return {
    now: () => Math.floor(steadyMs() + offsetMs),
    async stop() {
      clearInterval(timer);
      redis.off('ready', readSoon);
    },
  };
}
