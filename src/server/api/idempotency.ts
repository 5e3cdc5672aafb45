/**
 * Makes a repeated call harmless: under one key a call runs once, and a repetition with the same body gets the first
 * response, also after a restart of the server. A call whose server died blocks its key for some minutes; enqueueing a
 * list again is harmless anyway, because known links change nothing.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Keyspace } from '../../shared/redis/keyspace.ts';
import { Refusal } from '../auth/guard.ts';

const busyMs = 10 * 60_000;
const keptMs = 24 * 3_600_000;
const longestKey = 200;

const storedSchema = z.object({
  request: z.string(),
  /** Absent while the first call runs. */
  done: z.object({ body: z.string(), answer: z.unknown() }).optional(),
});

export interface IdempotencyOptions extends Keyspace {
  /** Whose key it is: two callers may use the same. */
  readonly caller: string;
  readonly key: string | undefined;
  /** The request without its body; a key belongs to one. */
  readonly request: string;
  /** Continues where it was left when it is read again. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * @param run is handed the body, which can be read once
 * @throws Refusal 409 while the first call runs, 422 when the key was used for another request or body
 */
export async function runOnce<Answer>(
  { redis, prefix, caller, key, request, body }: IdempotencyOptions,
  run: (body: AsyncIterable<Uint8Array>) => Promise<Answer>,
  read: (stored: unknown) => Answer,
): Promise<Answer> {
  if (key === undefined) return run(body);
  if (key.length === 0 || key.length > longestKey)
    throw new Refusal(400, `An Idempotency-Key must have 1 to ${longestKey} characters.`);
  const place = `${prefix}:idempotency:${sha256(`${caller}\n${key}`)}`;
  const isFirst = (await redis.set(place, JSON.stringify({ request }), 'PX', busyMs, 'NX')) !== null;
  if (!isFirst) return read(await answerOfFirst((await redis.get(place)) ?? '{}', request, body));
  const seen = createHash('sha256');
  try {
    const answer = await run(through(body, seen));
    // The rest of the body that the list reader has not read.
    for await (const chunk of body) seen.update(chunk);
    const done = { body: seen.digest('hex'), answer };
    await redis.set(place, JSON.stringify({ request, done }), 'PX', keptMs);
    return answer;
  } catch (error) {
    await redis.del(place);
    throw error;
  }
}

async function answerOfFirst(
  stored: string,
  request: string,
  body: AsyncIterable<Uint8Array>,
): Promise<unknown> {
  const first = storedSchema.safeParse(JSON.parse(stored));
  // It failed or expired between the two reads.
  if (!first.success)
    throw new Refusal(409, 'The first call with this Idempotency-Key has just ended. Repeat the call.');
  if (first.data.request !== request)
    throw new Refusal(422, 'This Idempotency-Key was used for another request.');
  const { done } = first.data;
  if (done === undefined)
    throw new Refusal(409, 'The first call with this Idempotency-Key is still running.');
  const seen = createHash('sha256');
  for await (const chunk of body) seen.update(chunk);
  if (seen.digest('hex') !== done.body)
    throw new Refusal(422, 'This Idempotency-Key was used for another list.');
  return done.answer;
}

async function* through(
  body: AsyncIterable<Uint8Array>,
  seen: ReturnType<typeof createHash>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    seen.update(chunk);
    yield chunk;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
