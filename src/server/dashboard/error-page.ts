/**
 * What is shown when a page cannot be: the refusal in words, or that Redis is away, in which case the page looks
 * again by itself.
 */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../../shared/logging/logger.ts';
import { problemOf } from '../api/problem.ts';
import { RedisAwayError } from '../readings/remember.ts';
import { html } from './html.ts';
import { page } from './layout.ts';

export function showError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
): FastifyReply {
  const isAway = error instanceof RedisAwayError;
  const status = isAway ? 503 : (error.statusCode ?? 500);
  if (status >= 500 && !isAway)
    logger.error({ err: error, route: request.routeOptions.url }, 'A page failed');
  const words = isAway
    ? 'Redis is away. Nothing is lost; this page looks again by itself and comes back when Redis does.'
    : status >= 500
      ? 'Something went wrong here. The log says more.'
      : error.message;
  if (isAway) reply.header('retry-after', '5');
  if (request.routeOptions.config.isApi) {
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    return reply.code(status).type('application/problem+json').send(problemOf(status, words));
  }
  const content = html`<h1>${titleOf(status)}</h1><p class="${status >= 500 ? 'error' : 'card'}" role="alert">${words}</p><p><a href="/">To the overview</a></p>`;
  const text = page({ title: titleOf(status), viewer: request.viewer, section: '', content });
  return reply
    .code(status)
    .type('text/html; charset=utf-8')
    .send(isAway ? text.replace('<body', '<body data-waits=""') : text);
}

function titleOf(status: number): string {
  const titles: Readonly<Record<number, string>> = {
    401: 'Sign in first',
    403: 'Not allowed',
    404: 'Not found',
    413: 'Too large',
    503: 'Redis is away',
  };
  return titles[status] ?? (status >= 500 ? 'That did not work' : 'This cannot be done');
}
