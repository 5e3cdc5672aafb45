/** `/find?q=…`: from a link, an id or a task id straight to the item, whatever batch it is in. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { readWithin } from '../readings/remember.ts';
import type { ServerDeps } from '../server-deps.ts';
import { withNotice } from './notices.ts';
import { itemPath } from './parts.ts';

const querySchema = z.object({ q: z.string().max(1000).catch('') });

export function findRoutes(scope: FastifyInstance, { redis, search }: ServerDeps): void {
  scope.get('/find', async (request, reply) => {
    const { q } = querySchema.parse(request.query);
    const item = await readWithin(redis, () => search.find(q));
    return reply.redirect(item === null ? withNotice('/batches', 'not-found') : itemPath(item.id), 303);
  });
}
