/**
 * Makes a repeated call harmless: under one key a call runs once, and whoever repeats it gets the first answer.
 * A call whose server died leaves its key busy for some minutes; taking a list in again is harmless anyway,
 * because links given again change nothing.
 */
import { createHash } from 'node:crypto';
import type { RedisConnection } from '../../shared/redis/script.ts';
import { Refusal } from '../auth/guard.ts';

const busyMs = 10 * 60_000;
const keptMs = 24 * 3_600_000;
const busy = 'busy';

export interface IdempotencyOptions {
  readonly redis: RedisConnection;
  readonly prefix: string;
  /** Whose key it is: two callers may use the same. */
  readonly caller: string;
  readonly key: string | undefined;
  /** The request but for its body; a key belongs to one. */
  readonly request: string;
}

/** @throws Refusal 409 while the first call runs, 422 when the key was used for another request */
export async function runOnce<Answer>(
  { redis, prefix, caller, key, request }: IdempotencyOptions,
  run: () => Promise<Answer>,
  read: (stored: unknown) => Answer,
): Promise<Answer> {
  if (key === undefined) return run();
  if (key.length === 0 || key.length > 200)
    throw new Refusal(400, 'An Idempotency-Key has 1 to 200 characters.');
  const digest = createHash('sha256').update(`${caller}\n${key}`).digest('hex');
  const place = `${prefix}:idempotency:${digest}`;
  if ((await redis.set(place, `${busy}\n${request}`, 'PX', busyMs, 'NX')) === null) {
    const [state = '', usedFor = '', answer = 'null'] = ((await redis.get(place)) ?? '').split('\n', 3);
    if (usedFor !== request) throw new Refusal(422, 'This Idempotency-Key was used for another request.');
    if (state === busy) throw new Refusal(409, 'The first call with this Idempotency-Key is still running.');
    return read(JSON.parse(answer));
  }
  try {
    const answer = await run();
    await redis.set(place, `done\n${request}\n${JSON.stringify(answer)}`, 'PX', keptMs);
    return answer;
  } catch (error) {
    await redis.del(place);
    throw error;
  }
}
