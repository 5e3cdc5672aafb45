/**
 * Signing in and out. A wrong name and a wrong password get the same answer, tries are bounded by address and
 * slowed down by name, and the page one wanted is only followed to when it is one of this server.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AuditLog } from '../../shared/audit/audit-log.ts';
import { type GuardParts, Refusal, sessionCookie, viewerOf } from '../auth/guard.ts';
import type { LoginLimit } from '../auth/login-limit.ts';
import { html } from './html.ts';
import { page } from './layout.ts';
import { duration } from './parts.ts';

export interface LoginParts extends GuardParts {
  readonly limit: LoginLimit;
  readonly audit: AuditLog;
}

const formSchema = z.object({
  user: z.string().max(200).catch(''),
  password: z.string().max(1000).catch(''),
  next: z.string().catch('/'),
});

const csrfSchema = z.object({ csrf: z.string().optional() }).catch({});

export function loginRoutes(scope: FastifyInstance, parts: LoginParts): void {
  const { accounts, sessions, limit, audit, publicAddress } = parts;
  const cookiePath = `${publicAddress.basePath}/`;

  scope.get('/login', { config: { isPublic: true } }, (request, reply) => {
    if (!accounts.isClosed) return reply.redirect('/', 303);
    return showForm(reply, nextOf(request.query), null);
  });

  scope.post('/login', { config: { isPublic: true }, bodyLimit: 16_384 }, async (request, reply) => {
    const form = formSchema.catch({ user: '', password: '', next: '/' }).parse(request.body ?? {});
    const next = nextOf(form);
    const tried = await limit.begin(request.ip, form.user);
    if (tried.kind === 'refused') {
      reply.code(429).header('retry-after', Math.ceil(tried.waitMs / 1000));
      return showForm(reply, next, `Too many attempts. Wait ${duration(tried.waitMs)}.`);
    }
    const identity = accounts.identify(form.user, form.password);
    const entry = { address: request.ip, action: 'sign-in', target: '' };
    if (identity === null) {
      await audit.write({ ...entry, who: form.user.slice(0, 50), outcome: 'refused' });
      return showForm(reply.code(401), next, 'Wrong name or password.');
    }
    await limit.succeeded(request.ip, form.user);
    await audit.write({ ...entry, who: identity.name, outcome: identity.role });
    reply.setCookie(sessionCookie, await sessions.begin(identity), {
      httpOnly: true,
      sameSite: 'lax',
      path: cookiePath,
      secure: isEncrypted(request),
    });
    return reply.redirect(next, 303);
  });

  scope.post('/logout', async (request, reply) => {
    const id = request.cookies[sessionCookie] ?? '';
    const { csrf = '' } = csrfSchema.parse(request.body);
    if (!(await sessions.isCsrf(id, csrf))) throw new Refusal(403, 'The form has expired. Reload the page.');
    await sessions.end(id);
    return reply.clearCookie(sessionCookie, { path: cookiePath }).redirect('/login', 303);
  });

  scope.post('/logout-everywhere', async (request, reply) => {
    const { name } = viewerOf(request);
    const { csrf = '' } = csrfSchema.parse(request.body);
    if (name === null || !(await sessions.isCsrf(request.cookies[sessionCookie] ?? '', csrf)))
      throw new Refusal(403, 'The form has expired. Reload the page.');
    await sessions.endAll(name);
    await audit.write({
      who: name,
      address: request.ip,
      action: 'sign-out everywhere',
      target: '',
      outcome: 'done',
    });
    return reply.clearCookie(sessionCookie, { path: cookiePath }).redirect('/login', 303);
  });
}

/** Also behind a proxy that ends TLS; said wrongly, it concerns the sayer's own cookie alone. */
function isEncrypted({ protocol, headers }: FastifyRequest): boolean {
  return protocol === 'https' || headers['x-forwarded-proto'] === 'https';
}

/** Only a path of this server: `//host` and `/\host` would lead elsewhere. */
function nextOf(source: unknown): string {
  const next = z.object({ next: z.string() }).safeParse(source).data?.next ?? '/';
  return /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(next) ? next : '/';
}

function showForm(reply: FastifyReply, next: string, problem: string | null): FastifyReply {
  const content = html`<form method="post" action="/login" class="card fields login"><h1>Sign in</h1>
${problem === null ? null : html`<p class="error" role="alert">${problem}</p>`}
<input type="hidden" name="next" value="${next}">
<label>Name<input name="user" autocomplete="username" required autofocus></label>
<label>Password<input name="password" type="password" autocomplete="current-password" required></label>
<button class="primary">Sign in</button></form>`;
  return reply
    .type('text/html; charset=utf-8')
    .send(page({ title: 'Sign in', viewer: null, section: '', content }));
}
