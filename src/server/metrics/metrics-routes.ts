/** `GET /metrics` for Prometheus; behind the same credentials as the pages, with a viewer's bearer token. */
import type { FastifyInstance } from 'fastify';
import type { Overview } from '../readings/overview.ts';
import { readWithin } from '../readings/remember.ts';
import type { ServerDeps } from '../server-deps.ts';
import { describeMetrics } from './metrics.ts';

const contentType = 'text/plain; version=0.0.4; charset=utf-8';

export function metricsRoutes(
  scope: FastifyInstance,
  { redis, itemHistory }: ServerDeps,
  readOverview: () => Promise<Overview>,
): void {
  scope.get('/metrics', { config: { isApi: true } }, async (_request, reply) => {
    const [overview, measures] = await readWithin(redis, () =>
      Promise.all([readOverview(), itemHistory.measures()]),
    );
    return reply.type(contentType).send(await describeMetrics(overview, measures));
  });
}
