/**
 * The operator's window as one part of the server: pages, live updates, actions, API, metrics and the queues'
 * own board, behind one guard. Handed to `startServer` by `serve`, and by commands that carry it along.
 */
import cookie from '@fastify/cookie';
import type { FastifyError } from 'fastify';
import { createAuditLog } from '../shared/audit/audit-log.ts';
import { apiPageRoutes } from './api/api-page.ts';
import { apiRoutes } from './api/api-routes.ts';
import type { Accounts } from './auth/accounts.ts';
import { guard, Refusal } from './auth/guard.ts';
import { createLoginLimit } from './auth/login-limit.ts';
import { createSessions } from './auth/sessions.ts';
import { actionRoutes } from './dashboard/actions.ts';
import { assetRoutes } from './dashboard/assets.ts';
import { auditRoutes } from './dashboard/audit-page.ts';
import { confirmRoutes } from './dashboard/confirm.ts';
import { showError } from './dashboard/error-page.ts';
import { exportRoutes } from './dashboard/export.ts';
import { findRoutes } from './dashboard/find.ts';
import { createLiveHub } from './dashboard/live.ts';
import { loginRoutes } from './dashboard/login.ts';
import { newBatchRoutes } from './dashboard/new-batch.ts';
import { pageRoutes } from './dashboard/pages.ts';
import { queueBoard } from './dashboard/queue-board.ts';
import { resultRoutes } from './dashboard/results.ts';
import { scheduleActions } from './dashboard/schedule-actions.ts';
import { videoRoutes } from './dashboard/video.ts';
import { metricsRoutes } from './metrics/metrics-routes.ts';
import { belowBase, type PublicAddress } from './public-address.ts';
import { createCreditsReader } from './readings/credits.ts';
import { type Overview, readOverview } from './readings/overview.ts';
import { remember } from './readings/remember.ts';
import { startSampler } from './readings/sampler.ts';
import { createVendorCallReader } from './readings/vendor-calls.ts';
import type { ServerDeps } from './server-deps.ts';
import type { RegisterRoutes } from './start-server.ts';

export interface OperatorWindowOptions {
  readonly deps: ServerDeps;
  readonly accounts: Accounts;
  readonly publicAddress: PublicAddress;
  /** Hears of every sample, for alerts. */
  readonly onReading?: (overview: Overview) => Promise<void>;
}

/** The readings are taken at most this often, whatever the number of viewers. */
const overviewFreshMs = 900;

export function operatorWindow({
  deps,
  accounts,
  publicAddress,
  onReading,
}: OperatorWindowOptions): RegisterRoutes {
  return async (scope) => {
    const { redis, prefix, clock, logger } = deps;
    const hub = createLiveHub(() => clock.now(), publicAddress);
    const credits = createCreditsReader(deps);
    const readCalls = createVendorCallReader({ redis, prefix });
    const read = remember(overviewFreshMs, () => readOverview(deps, credits.latest(), readCalls));
    const audit = createAuditLog({ redis, prefix }, logger);
    const parts = {
      deps,
      accounts,
      publicAddress,
      hub,
      audit,
      credits,
      readOverview: read,
      sessions: createSessions({ redis, prefix }, accounts),
      limit: createLoginLimit({ redis, prefix }),
    };
    const sampler = startSampler(deps, read, async (overview) => onReading?.(overview));
    scope.addHook('preClose', async () => {
      hub.close();
      credits.stop();
      await sampler.stop();
    });
    await scope.register(cookie);
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    );
    scope.setErrorHandler<FastifyError>((error, request, reply) => showError(error, request, reply, logger));
    guard(scope, parts);
    scope.addHook('onSend', async (_request, reply, payload: unknown) => {
      const isPage = String(reply.getHeader('content-type') ?? '').startsWith('text/html');
      const location = reply.getHeader('location');
      if (typeof location === 'string' && location.startsWith('/'))
        reply.header('location', `${publicAddress.basePath}${location}`);
      return isPage && typeof payload === 'string' ? belowBase(payload, publicAddress.basePath) : payload;
    });
    assetRoutes(scope);
    loginRoutes(scope, parts);
    pageRoutes(scope, parts);
    findRoutes(scope, deps);
    videoRoutes(scope, deps);
    exportRoutes(scope, deps);
    resultRoutes(scope, deps, publicAddress);
    newBatchRoutes(scope, parts);
    confirmRoutes(scope, parts);
    actionRoutes(scope, parts);
    scheduleActions(scope, parts);
    auditRoutes(scope, deps, audit);
    metricsRoutes(scope, deps, read);
    apiPageRoutes(scope);
    await apiRoutes(scope, parts);
    await queueBoard(scope, deps, audit, publicAddress);
    scope.get('/*', () => {
      throw new Refusal(404, 'There is no such page.');
    });
  };
}
