/** `/find?q=…`: from a link, an id or a task id straight to the item, whatever batch it is in; to the list
 * of its items where a link has several. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { readWithin } from '../readings/remember.ts';
import type { ServerDeps } from '../server-deps.ts';
import { withNotice } from './notices.ts';
import { itemPath } from './parts.ts';

/** Of looking for further items of a link. */
const searchMs = 500;
const querySchema = z.object({ q: z.string().max(1000).catch('') });

export function findRoutes(scope: FastifyInstance, { redis, search }: ServerDeps): void {
  scope.get('/find', async (request, reply) => {
    const { q } = querySchema.parse(request.query);
    const [item, another] = await readWithin(redis, () => search.findAll(q, searchMs));
    if (item === undefined) return reply.redirect(withNotice('/batches', 'not-found'), 303);
    const all = `/batches/${encodeURIComponent(item.batch)}?q=${encodeURIComponent(q.trim())}`;
    return reply.redirect(another === undefined ? itemPath(item.id) : all, 303);
  });
}
