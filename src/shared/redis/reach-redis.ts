/**
 * The first connection to a Redis given by URL: within a bounded time it is there, or there is one clear
 * line that says why not. Later losses are ioredis's business, which reconnects. Called by open-redis.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisConnection } from './connect-redis.ts';
import { errorCode } from './error-code.ts';
import { RedisUnusableError } from './redis-unusable-error.ts';

export const DEFAULT_REACH_TIMEOUT_MS = 5_000;

/** A Redis that reads a large file after a restart is reachable, and only needs time. */
const LOADING_TIMEOUT_MS = 10 * 60 * 1000;

export interface ReachOptions {
  connection: RedisConnection;
  /** For the message, without credentials. */
  describe: string;
  /** Hands out the latest error that the connection met. */
  trouble: () => Error | undefined;
  timeoutMs: number;
}

/** Waits until the connection is ready; throws a RedisUnusableError. */
export async function reachRedis({ connection, describe, trouble, timeoutMs }: ReachOptions): Promise<void> {
  const settled = new AbortController();
  const ready = new Promise<'ready'>((resolve) => {
    if (connection.status === 'ready') resolve('ready');
    connection.once('ready', () => resolve('ready'));
  });
  const refused = refusalByServer(connection, trouble);
  const late = (async () => {
    await sleep(timeoutMs, undefined, { signal: settled.signal });
    if (isLoading(trouble())) await sleep(LOADING_TIMEOUT_MS, undefined, { signal: settled.signal });
    return 'late' as const;
  })();
  late.catch(() => undefined);
  const outcome = await Promise.race([ready, refused, late]);
  settled.abort();
  if (outcome !== 'ready') throw unreachable(describe, trouble());
}

/** A wrong password does not become right by waiting. */
function refusalByServer(connection: RedisConnection, trouble: () => Error | undefined): Promise<'refused'> {
  return new Promise((resolve) => {
    connection.on('error', () => {
      if (isAccessDenied(trouble())) resolve('refused');
    });
    connection.once('end', () => resolve('refused'));
  });
}

function unreachable(describe: string, trouble: Error | undefined): RedisUnusableError {
  const deepest = deepestError(trouble);
  if (isAccessDenied(deepest)) {
    return new RedisUnusableError(
      'access-denied',
      `The Redis at ${describe} refused the user name or password. Check REDIS_URL.`,
    );
  }
  // A Redis without TLS does not refuse a TLS greeting, it waits for more of it.
  const silence = describe.startsWith('rediss') ? 'no answer; does it use TLS?' : 'no answer';
  const why = deepest === undefined ? silence : explain(deepest);
  return new RedisUnusableError(
    'unreachable',
    `The Redis at ${describe} cannot be reached (${why}). Check REDIS_URL and that Redis runs, or unset REDIS_URL to use a local one.`,
  );
}

/** In protected mode Redis says so, but closes so fast that the words are lost. */
const CUT =
  'the connection was cut: Redis may be in protected mode, which needs a password for other machines, or use TLS (rediss://)';

const EXPLANATIONS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name cannot be resolved at present',
  ENOENT: 'there is no such socket',
  EACCES: 'no permission to use the socket',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'no route to the host',
  ECONNRESET: CUT,
  EPIPE: CUT,
  EPROTO: 'it does not use TLS; use redis:// instead of rediss://',
};

function explain(error: Error): string {
  const code = errorCode(error) ?? '';
  if (code.startsWith('ERR_SSL')) return 'it does not use TLS; use redis:// instead of rediss://';
  // All that ioredis reports about the nodes of a Cluster.
  if (error.message === 'Connection is closed.') return 'none of its nodes answered';
  return EXPLANATIONS[code] ?? (error.message.split('\n')[0] || code || 'no answer');
}

/** A Cluster wraps the errors of its nodes; several addresses of a host give one error with many causes. */
function deepestError(error: Error | undefined): Error | undefined {
  if (error === undefined) return undefined;
  if ('lastNodeError' in error && error.lastNodeError instanceof Error)
    return deepestError(error.lastNodeError);
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0];
  return error;
}

function isAccessDenied(error: Error | undefined): boolean {
  return /\b(?:WRONGPASS|NOAUTH|NOPERM)\b|invalid (?:username-)?password|without any password/i.test(
    deepestError(error)?.message ?? '',
  );
}

function isLoading(error: Error | undefined): boolean {
  return /\bLOADING\b|still loading/i.test(error?.message ?? '');
}
