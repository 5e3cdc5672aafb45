/**
 * `POST /callback/:token`, where the vendor tells that a task has ended. Whoever asks gets the same answer: a
 * token of nobody's, a wrong signature, a body without a task id and a duplicate all get 200, so that nothing can
 * be found out. The answer follows the recording (some milliseconds), because the vendor tries three times
 * and then never again: when Redis is away it gets 503 and comes back.
 */
import { createCallbackTokens } from '../../shared/callbacks/callback-tokens.ts';
import type { Clock } from '../../shared/clock.ts';
import type { RedisConnection } from '../../shared/redis/script.ts';
import { readTaskIdOfBody } from '../../shared/vendor/callback-body.ts';
import { isSignedBy } from '../../shared/vendor/callback-signature.ts';
import type { RegisterRoutes } from '../start-server.ts';
import { type CallbackDeps, takeCallback } from './take-callback.ts';

export interface CallbackRouteDeps extends CallbackDeps {
  readonly redis: RedisConnection;
  readonly prefix: string;
  readonly clock: Clock;
  /** When set, callbacks that are not signed with it change nothing. */
  readonly webhookKey: string | null;
  /** CALLBACK_BASE_URL, whose path may come along when a proxy does not cut it off; or null. */
  readonly baseUrl: string | null;
}

/** A record with its parameters and results has some kB. */
const mostBodyBytes = 256 * 1024;
/** The vendor waits for 15 s. */
const patienceMs = 5000;

export function callbackRoutes(deps: CallbackRouteDeps): RegisterRoutes {
  const { redis, prefix, clock, logger, webhookKey } = deps;
  const tokens = createCallbackTokens({ redis, prefix });
  const running = new Set<Promise<void>>();

  async function take(token: string, body: Buffer, headers: Headers): Promise<void> {
    const origin = await tokens.read(token);
    const taskId = readTaskIdOfBody(body);
    if (origin === null || taskId === null) return;
    if (webhookKey !== null && !isSignedBy(webhookKey, taskId, headers, clock.now())) {
      logger.warn({ item: origin.id }, 'A callback with a missing, wrong or old signature was ignored');
      return;
    }
    const rest = await takeCallback(origin, taskId, deps);
    if (rest !== null) runOn(rest);
  }

  function runOn(rest: () => Promise<void>): void {
    const run = rest()
      .catch((error: unknown) => logger.warn({ err: error }, 'A callback did not wake its status check'))
      .finally(() => running.delete(run));
    running.add(run);
  }

  return (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.addHook('onClose', async () => {
      await Promise.all(running);
    });
    for (const path of pathsOf(deps.baseUrl)) {
      scope.post<{ Params: { token: string } }>(
        path,
        { bodyLimit: mostBodyBytes },
        async (request, reply) => {
          const { headers, params } = request;
          const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
          const taken = take(params.token, body, {
            timestamp: headerOf(headers['x-webhook-timestamp']),
            signature: headerOf(headers['x-webhook-signature']),
          });
          if (await endsInTime(taken, logger)) return { ok: true };
          return reply.code(503).send({ ok: false });
        },
      );
    }
  };
}

interface Headers {
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
}

function headerOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function pathsOf(baseUrl: string | null): string[] {
  const basePath = baseUrl === null ? '' : new URL(baseUrl).pathname.replace(/\/+$/, '');
  const path = '/callback/:token';
  return basePath === '' ? [path] : [path, `${basePath}${path}`];
}

async function endsInTime(taken: Promise<void>, logger: CallbackDeps['logger']): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), patienceMs);
  });
  const done = taken.then(
    () => true,
    (error: unknown) => {
      logger.warn({ err: error }, 'A callback could not be recorded; the vendor is asked to come again');
      return false;
    },
  );
  const inTime = await Promise.race([done, late]);
  clearTimeout(timer);
  return inTime;
}
