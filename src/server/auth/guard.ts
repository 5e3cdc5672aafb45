/**
 * Runs before every page and call: refuses requests that other sites cause, identifies the user, and lets only
 * operators act. Routes find the result in `request.viewer`; a route without one is public.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Viewer } from '../dashboard/layout.ts';
import type { PublicAddress } from '../public-address.ts';
import { readWithin } from '../readings/remember.ts';
import type { ServerDeps } from '../server-deps.ts';
import type { Accounts } from './accounts.ts';
import { refuseRequest, securityHeaders } from './request-rules.ts';
import { openSession, type Sessions } from './sessions.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on public routes without a sign-in. */
    viewer: Viewer | null;
    /** Whether a bearer token was given, so that no form token is needed. */
    isProgram: boolean;
  }
  interface FastifyContextConfig {
    /** Public: the sign-in page and its assets. */
    isPublic?: boolean;
    /** Answers in JSON, also when it refuses. */
    isApi?: boolean;
  }
}

export const sessionCookie = 'kie_batch_session';

/** A refusal that is sent as it is: a status and a message. */
export class Refusal extends Error {
  readonly statusCode: number;
  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

export interface GuardParts {
  readonly deps: ServerDeps;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly publicAddress: PublicAddress;
}

export function guard(scope: FastifyInstance, parts: GuardParts): void {
  scope.decorateRequest('viewer', null);
  scope.decorateRequest('isProgram', false);
  scope.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders);
    reply.header('cache-control', 'no-store');
    const { method, headers } = request;
    const facts = {
      method,
      host: request.host,
      origin: headers.origin,
      fetchSite: single(headers['sec-fetch-site']),
      isForwarded: headers['x-forwarded-for'] !== undefined && request.ips === undefined,
    };
    const refusal = refuseRequest(facts, parts.accounts.isClosed, parts.publicAddress.origin);
    if (refusal !== null) throw new Refusal(403, refusal);
    if (request.routeOptions.config.isPublic) return;
    request.viewer = await recognize(request, parts);
    if (request.viewer === null) return turnAway(request, reply);
  });
}

/** Also checked while a live page is open: a session may end meanwhile. */
export async function recognize(
  request: FastifyRequest,
  { deps, accounts, sessions }: GuardParts,
): Promise<Viewer | null> {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ', 2);
  if (scheme?.toLowerCase() === 'bearer' && token) {
    const identity = accounts.identifyToken(token);
    if (identity === null) return null;
    request.isProgram = true;
    return { ...identity, csrf: '' };
  }
  const id = accounts.isClosed ? request.cookies[sessionCookie] : openSession;
  if (id === undefined) return null;
  return readWithin(deps.redis, async () => {
    const identity = accounts.isClosed ? await sessions.find(id) : { name: null, role: 'operator' as const };
    return identity === null ? null : { ...identity, csrf: await sessions.csrfOf(id) };
  });
}

async function turnAway(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  if (request.routeOptions.config.isApi || request.url.startsWith('/live'))
    throw new Refusal(401, 'Sign in, or send a bearer token.');
  return reply.redirect(`/login?next=${encodeURIComponent(request.url)}`, 303);
}

export function viewerOf(request: FastifyRequest): Viewer {
  if (request.viewer === null) throw new Refusal(401, 'Sign in first.');
  return request.viewer;
}

/** The owner of a live page: an account, or an address without sign-in. */
export function readerOf(request: FastifyRequest): string {
  return request.viewer?.name ?? request.ip;
}

export function mustBeOperator({ role }: Viewer): void {
  if (role !== 'operator') throw new Refusal(403, 'This needs the role of an operator.');
}

/** Lets only operators continue, and only with a form or a token of theirs. */
export async function requireOperator(
  request: FastifyRequest,
  { accounts, sessions }: GuardParts,
  csrf: string | undefined,
): Promise<Viewer> {
  const viewer = viewerOf(request);
  mustBeOperator(viewer);
  if (request.isProgram) return viewer;
  const id = accounts.isClosed ? (request.cookies[sessionCookie] ?? '') : openSession;
  if (!(await sessions.isCsrf(id, csrf ?? '')))
    throw new Refusal(403, 'The form has expired. Reload the page and try again.');
  return viewer;
}

function single(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}
