/**
 * Bull Board under `/queues`: the queues themselves, for people who want to see jobs. Viewers may read; changes need an
 * operator and are written to the audit log. Jobs only wake up workers: whatever happens to them here, the ledger stays
 * correct and the sweep adds lost ones again.
 */
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import { Queue } from 'bullmq';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AuditLog } from '../../shared/audit/audit-log.ts';
import { type Stage, stages, ticksQueue } from '../../shared/jobs/catalogue.ts';
import { mustBeOperator, Refusal, viewerOf } from '../auth/guard.ts';
import { contentPolicy } from '../auth/request-rules.ts';
import type { PublicAddress } from '../public-address.ts';
import type { ServerDeps } from '../server-deps.ts';
import { itemPath } from './parts.ts';
import { describeJobs, isSafeAction, itemIdOf, queueTexts } from './queue-jobs.ts';

const basePath = '/queues';

/** The page of a link's job. */
export function jobPath(stage: Stage, id: string): string {
  return `${basePath}/queue/${stage}/${encodeURIComponent(id)}`;
}

/** Its page has an inline style. */
const policy = contentPolicy({ 'style-src': "'self' 'unsafe-inline'", 'base-uri': "'self'" });
/** The policy would not load it anyway; without it the browser does not complain and sends no request. */
const foreignFont = /<link href="https:\/\/fonts\.googleapis\.com[^>]*>/;

/** The board offers fewer; an address may ask for all there are, and each is read whole. */
const mostJobsAPage = 100;

export async function queueBoard(
  scope: FastifyInstance,
  deps: ServerDeps,
  audit: AuditLog,
  { basePath: publicBase }: PublicAddress,
): Promise<void> {
  const { queues, redis, prefix } = deps;
  const serverAdapter = new FastifyAdapter();
  serverAdapter.setBasePath(basePath);
  // Made and kept by the schedules; who changes one does so with `kie-batch schedule`.
  const ticks = new Queue(ticksQueue, { connection: redis, prefix, skipMetasUpdate: true });
  ticks.on('error', () => undefined);
  scope.addHook('onClose', () => ticks.close());
  const adapters = await Promise.all(
    stages.map(
      async (stage) =>
        new BullMQAdapter(await queues.queue(stage), {
          ...queueTexts[stage],
          allowRetries: false,
          externalJobUrl: (job) => ({
            displayText: 'The link’s page',
            href: `${publicBase}${itemPath(itemIdOf(job) ?? '')}`,
          }),
        }),
    ),
  );
  createBullBoard({
    queues: [
      ...adapters,
      new BullMQAdapter(ticks, {
        readOnlyMode: true,
        displayName: 'Schedules',
        description: 'The next run of each schedule. The Schedules page changes them.',
      }),
    ],
    serverAdapter,
    options: {
      uiConfig: {
        boardTitle: 'kie-batch queues',
        boardLogo: { path: `${publicBase}/assets/icon.svg`, width: 28, height: 28 },
        // Also in the page, whose paths are below the base path: relative, it is correct in both.
        favIcon: { default: '../assets/icon.svg', alternative: '../assets/icon.svg' },
        hideDocsLink: true,
        miscLinks: [{ text: 'To the dashboard', url: `${publicBase}/` }],
      },
    },
  });
  await scope.register(async (board) => {
    board.addHook('onRequest', async (request, reply) => {
      reply.header('content-security-policy', policy);
      if (!isDecodedTwice(request.url)) throw new Refusal(400, 'This address is invalid.');
      if (request.method === 'GET' || request.method === 'HEAD') return;
      const viewer = viewerOf(request);
      mustBeOperator(viewer);
      const target = pathOf(request);
      if (!isSafeAction(target))
        throw new Refusal(
          403,
          'This is not available here, because it could break a job. Use the pages of kie-batch.',
        );
      await audit.write({
        who: viewer.name ?? 'local',
        address: request.ip,
        action: 'queue board',
        target,
        outcome: request.method,
      });
    });
    board.addHook('preValidation', async ({ query }) => {
      if (typeof query === 'object' && query !== null && 'jobsPerPage' in query)
        query.jobsPerPage = String(Math.min(mostJobsAPage, Math.abs(Number(query.jobsPerPage)) || 10));
    });
    board.addHook('preSerialization', async (request, _reply, payload: unknown) => {
      const described = await describeJobs(pathOf(request), payload, deps);
      return viewerOf(request).role === 'operator' ? described : asReadOnly(described);
    });
    board.addHook('onSend', async (_request, _reply, payload: unknown) =>
      typeof payload === 'string' ? payload.replace(foreignFont, '') : payload,
    );
    await board.register(serverAdapter.registerPlugin(), { prefix: basePath });
  });
}

/** The board decodes what the router has decoded already. No name of a queue and no id of a job has a percent sign. */
function isDecodedTwice(url: string): boolean {
  try {
    decodeURIComponent(decodeURIComponent(url));
    return true;
  } catch {
    return false;
  }
}

function pathOf({ url }: FastifyRequest): string {
  return url.slice(basePath.length).split('?')[0] ?? '';
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
