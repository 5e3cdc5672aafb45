/**
 * The error page: the refusal as text, or that Redis is away. In that case a page reloads when Redis is back, but never
 * the response to a form, which would send the form again.
 */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../../shared/logging/logger.ts';
import { problemOf } from '../api/problem.ts';
import { faultOfSender } from '../fault-of-request.ts';
import { describeAway, isAway } from '../readings/remember.ts';
import { html } from './html.ts';
import { page } from './layout.ts';

export function showError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
): FastifyReply {
  const isRedisAway = isAway(error);
  const isForm = request.method === 'POST';
  const fault = isRedisAway ? null : faultOfSender(error, request);
  const status = isRedisAway ? 503 : (error.statusCode ?? (fault === null ? 500 : 400));
  if (status >= 500 && !isRedisAway)
    logger.error({ err: error, route: request.routeOptions.url }, 'A page failed');
  const words = isRedisAway
    ? isForm
      ? describeAway(error)
      : 'Redis does not answer. Nothing is lost. This page reloads when Redis is back.'
    : status >= 500
      ? 'An internal error occurred. See the log.'
      : (fault ?? error.message);
  if (isRedisAway) reply.header('retry-after', '5');
  if (request.routeOptions.config.isApi) {
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    return reply.code(status).type('application/problem+json').send(problemOf(status, words));
  }
  const content = html`<h1>${titleOf(status)}</h1><p class="${status >= 500 ? 'error' : 'card'}" role="alert">${words}</p><p><a href="/">To the overview</a></p>`;
  const text = page({ title: titleOf(status), viewer: request.viewer, section: '', content });
  return reply
    .code(status)
    .type('text/html; charset=utf-8')
    .send(isRedisAway && !isForm ? text.replace('<body', '<body data-waits=""') : text);
}

function titleOf(status: number): string {
  const titles: Readonly<Record<number, string>> = {
    401: 'Sign in first',
    403: 'Not allowed',
    404: 'Not found',
    413: 'Too large',
    503: 'Redis is away',
  };
  return titles[status] ?? (status >= 500 ? 'Error' : 'Not possible');
}
