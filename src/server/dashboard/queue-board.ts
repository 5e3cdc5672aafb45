/**
 * Bull Board under `/queues`: the queues themselves, for whoever wants to see jobs. Viewers may look; what
 * changes something needs an operator and is written to the audit log. Jobs are wake-up calls: whatever is done
 * to them here, the ledger stays right and the sweep makes lost ones anew.
 */
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { FastifyInstance } from 'fastify';
import { stages } from '../../shared/jobs/catalogue.ts';
import type { AuditLog } from '../auth/audit-log.ts';
import { Refusal, viewerOf } from '../auth/guard.ts';
import { contentPolicy } from '../auth/request-rules.ts';
import type { ServerDeps } from '../server-deps.ts';

const basePath = '/queues';
/** Its page carries a style of its own. */
const policy = contentPolicy({ 'style-src': "'self' 'unsafe-inline'", 'base-uri': "'self'" });

export async function queueBoard(
  scope: FastifyInstance,
  { queues }: ServerDeps,
  audit: AuditLog,
): Promise<void> {
  const serverAdapter = new FastifyAdapter();
  serverAdapter.setBasePath(basePath);
  createBullBoard({
    queues: stages.map((stage) => new BullMQAdapter(queues.queue(stage))),
    serverAdapter,
    options: {
      uiConfig: { boardTitle: 'kie-batch queues', miscLinks: [{ text: 'To the dashboard', url: '/' }] },
    },
  });
  await scope.register(async (board) => {
    board.addHook('onRequest', async (request, reply) => {
      reply.header('content-security-policy', policy);
      if (request.method === 'GET' || request.method === 'HEAD') return;
      const viewer = viewerOf(request);
      if (viewer.role !== 'operator') throw new Refusal(403, 'This needs the role of an operator.');
      const target = request.url.slice(basePath.length).split('?')[0] ?? '';
      await audit.write({
        who: viewer.name ?? 'local',
        address: request.ip,
        action: 'queue board',
        target,
        outcome: request.method,
      });
    });
    board.addHook('preSerialization', async (request, _reply, payload: unknown) =>
      viewerOf(request).role === 'operator' ? payload : asReadOnly(payload),
    );
    await board.register(serverAdapter.registerPlugin(), { prefix: basePath });
  });
}

/** What the board's page reads to know which buttons to show. */
function asReadOnly(payload: unknown): unknown {
  if (
    typeof payload !== 'object' ||
    payload === null ||
    !('queues' in payload) ||
    !Array.isArray(payload.queues)
  )
    return payload;
  const queues = payload.queues.map((queue: unknown) =>
    typeof queue === 'object' && queue !== null ? { ...queue, readOnlyMode: true } : queue,
  );
  return { ...payload, queues };
}
