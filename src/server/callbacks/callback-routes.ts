/**
 * `POST /callback/:token`, where the vendor reports the end of a task. The address is checked before the body is read:
 * a stranger's body is never waited for. An unknown token, a wrong signature, a body without a task id and a duplicate
 * all get 200, so that nothing can be found out. The response follows the recording (some milliseconds), because the
 * vendor tries only three times: while Redis is away, or above the rate limit, it gets 503 or 429 and retries.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type CallbackOrigin, createCallbackTokens } from '../../shared/callbacks/callback-tokens.ts';
import { createClaims } from '../../shared/callbacks/claims.ts';
import type { Clock } from '../../shared/clock.ts';
import { type ReceivedCallback, understandCallback } from '../../shared/vendor/understand-callback.ts';
import type { RegisterRoutes } from '../start-server.ts';
import { createAddressRate } from './address-rate.ts';
import { type CallbackDeps, takeCallback } from './take-callback.ts';

export interface CallbackRouteDeps extends Omit<CallbackDeps, 'claims'> {
  readonly clock: Clock;
  /** When set, callbacks that are not signed with it change nothing. */
  readonly webhookKey: string | null;
  /** CALLBACK_BASE_URL, whose path remains if a proxy does not remove it; or null. */
  readonly baseUrl: string | null;
}

/** A record with its parameters and results has some kB. */
const mostBodyBytes = 64 * 1024;
/** Bodies that are read at once: what they can hold together is 16 MiB. */
const mostBodies = 256;
/** The vendor waits for 15 s. */
const patienceMs = 5000;
/** A body has a few kB: a slower one is aborted. */
const bodyPatienceMs = 10_000;

export function callbackRoutes(deps: CallbackRouteDeps): RegisterRoutes {
  const { clock, logger, webhookKey } = deps;
  const tokens = createCallbackTokens(deps);
  const claims = createClaims(deps);
  const rate = createAddressRate(clock);
  const running = new Set<Promise<void>>();
  const origins = new Map<FastifyRequest, CallbackOrigin>();

  async function judge(request: TokenRequest, reply: FastifyReply): Promise<void> {
    const { token } = request.params;
    const read = await inTime(tokens.read(token), logger);
    if (read === late) return refuse(reply, 503);
    // The body is not waited for.
    if (read === null) return void reply.header('connection', 'close').send({ ok: true });
    if (!rate.admits(token)) return refuse(reply, 429);
    if (origins.size >= mostBodies) return refuse(reply, 503);
    origins.set(request, read);
    const { socket } = request.raw;
    const cutOff = setTimeout(() => socket.destroy(), bodyPatienceMs);
    request.raw.once('end', () => clearTimeout(cutOff));
    reply.raw.once('close', () => {
      clearTimeout(cutOff);
      origins.delete(request);
    });
  }

  async function take(origin: CallbackOrigin, callback: ReceivedCallback): Promise<void> {
    const meaning = understandCallback(callback, webhookKey, clock.now());
    if (meaning.kind === 'unreadable') return;
    if (meaning.kind === 'unsigned') {
      logger.warn({ item: origin.id }, 'Ignored a callback with a missing, wrong or old signature');
      return;
    }
    const rest = await takeCallback(origin, meaning.taskId, { ...deps, claims });
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
      scope.post<TokenRoute>(path, { bodyLimit: mostBodyBytes, onRequest: judge }, async (request, reply) => {
        const origin = origins.get(request);
        origins.delete(request);
        if (origin === undefined) return { ok: true };
        const { headers } = request;
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const taken = take(origin, { headers, body });
        if ((await inTime(taken, logger)) !== late) return { ok: true };
        return reply.code(503).send({ ok: false });
      });
    }
  };
}

interface TokenRoute {
  Params: { token: string };
}
type TokenRequest = FastifyRequest<TokenRoute>;

/** The vendor sends it again. */
function refuse(reply: FastifyReply, status: 429 | 503): void {
  reply.code(status).header('connection', 'close').send({ ok: false });
}

function pathsOf(baseUrl: string | null): string[] {
  const basePath = baseUrl === null ? '' : new URL(baseUrl).pathname.replace(/(?<!\/)\/+$/, '');
  const path = '/callback/:token';
  return basePath === '' ? [path] : [path, `${basePath}${path}`];
}

const late = Symbol('late');

/** @returns `late` if it failed or takes too long */
async function inTime<T>(work: Promise<T>, logger: CallbackDeps['logger']): Promise<T | typeof late> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<typeof late>((resolve) => {
    timer = setTimeout(() => resolve(late), patienceMs);
  });
  const done = work.catch((error: unknown): typeof late => {
    logger.warn({ err: error }, 'Could not record a callback; the vendor is asked to send it again');
    return late;
  });
  const ended = await Promise.race([done, tooLate]);
  clearTimeout(timer);
  return ended;
}
