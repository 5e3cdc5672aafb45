/**
 * The last part of a callback address. It identifies the item and its create call, and cannot be forged: it is a
 * message authentication code of the two under a secret in Redis, which the first process that needs it creates. So a
 * token is known before the call is sent, without memory for each link. Created by the submit stage, read by `serve`.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { RedisConnection } from '../redis/script.ts';

/** One create call of an item; calls that can't have made a task share the number of the next one. */
export interface CallbackOrigin {
  readonly id: string;
  readonly attempt: number;
}

export interface CallbackTokens {
  /** Safe in a URL, at most 130 characters. */
  make(origin: CallbackOrigin): Promise<string>;
  /** Null for anything that was not made here. */
  read(token: string): Promise<CallbackOrigin | null>;
}

/** 128 bits, which cannot be guessed. */
const codeBytes = 16;
const secretBytes = 32;

export function createCallbackTokens({
  redis,
  prefix,
}: {
  readonly redis: RedisConnection;
  readonly prefix: string;
}): CallbackTokens {
  let secret: Promise<string> | null = null;
  const secretOnce = () => {
    secret ??= sharedSecret(redis, `${prefix}:callback-secret`).catch((error: unknown) => {
      secret = null;
      throw error;
    });
    return secret;
  };
  return {
    async make(origin) {
      const name = nameOf(origin);
      return `${name}.${codeOf(name, await secretOnce()).toString('base64url')}`;
    },
    async read(token) {
      const [, name = '', id = '', attempt = '', code = ''] =
        /^(([A-Za-z0-9_-]{1,100})\.(\d{1,6}))\.([A-Za-z0-9_-]{22})$/.exec(token) ?? [];
      if (name === '') return null;
      const given = Buffer.from(code, 'base64url');
      return timingSafeEqual(given, codeOf(name, await secretOnce()))
        ? { id, attempt: Number(attempt) }
        : null;
    },
  };
}

/** Where the vendor is to send the callback of a create call. */
export async function callbackUrlOf(
  baseUrl: string,
  origin: CallbackOrigin,
  tokens: CallbackTokens,
): Promise<string> {
  return `${baseUrl}/callback/${await tokens.make(origin)}`;
}

function nameOf({ id, attempt }: CallbackOrigin): string {
  return `${id}.${attempt}`;
}

function codeOf(name: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(name).digest().subarray(0, codeBytes);
}

/** The same for all processes: the first proposal wins. */
async function sharedSecret(redis: RedisConnection, key: string): Promise<string> {
  const proposal = randomBytes(secretBytes).toString('base64url');
  await redis.set(key, proposal, 'NX');
  return (await redis.get(key)) ?? proposal;
}
