/**
 * Wires the operator's window to a session: for `serve`, and for commands that carry it along. The code that opens it
 * closes it after the server.
 */
import { watchForAlerts } from '../server/alerts/watch-for-alerts.ts';
import { type Account, type Accounts, createAccounts, parseTokens } from '../server/auth/accounts.ts';
import { operatorWindow } from '../server/operator-window.ts';
import { publicAddressOf } from '../server/public-address.ts';
import type { ServerDeps } from '../server/server-deps.ts';
import type { RegisterRoutes } from '../server/start-server.ts';
import { systemClock } from '../shared/clock.ts';
import type { Configuration } from '../shared/configuration/configuration.ts';
import { createItemHistory } from '../shared/item-history/item-history.ts';
import { createItemSearch } from '../shared/ledger/search/item-search.ts';
import type { Vendor } from '../shared/vendor/vendor.ts';
import { alertTargetsOf } from './alert-targets.ts';
import { openStorage, openVideoFolder } from './open-storage.ts';
import { openVendor } from './open-vendor.ts';
import { scheduleOperations } from './schedule-operations.ts';
import { serverOperations } from './server-operations.ts';
import type { Session } from './session.ts';

export interface OperatorPages {
  readonly routes: RegisterRoutes;
  close(): Promise<void>;
}

const creditsTimeoutMs = 15_000;

export async function openOperatorPages(session: Session): Promise<OperatorPages> {
  const { configuration, logger, models, prefix } = session;
  const storage = await openStorage(session);
  const vendor = openVendor(session.configuration, { timeoutMs: creditsTimeoutMs, logger: session.logger });
  const requests = await session.connectForRequests();
  const { redis, ledger } = requests;
  const schedules = scheduleOperations({ ...session, redis });
  const deps: ServerDeps = {
    ...session,
    ...requests,
    storage,
    dataDir: configuration.DATA_DIR,
    mostListBytes: configuration.MAX_LIST_BYTES,
    videoFolder: openVideoFolder(session, storage),
    mostVideoBytes: configuration.MAX_VIDEO_BYTES,
    reserveBytes: configuration.MIN_FREE_BYTES,
    search: createItemSearch({ redis, prefix, ledger, models }),
    itemHistory: createItemHistory({ redis, prefix }),
    schedules,
    operations: serverOperations({ ...session, ...requests }, storage),
    clock: systemClock,
    logger,
    ...(vendor === null ? {} : { readCredits: (signal: AbortSignal) => readCredits(vendor, signal) }),
  };
  return {
    routes: operatorWindow({
      deps,
      accounts: accountsOf(configuration),
      publicAddress: publicAddressOf(configuration.PUBLIC_URL),
      ...alertsOf(deps, configuration),
    }),
    async close() {
      await Promise.all([vendor?.close(), storage.close(), schedules.close()]);
      await requests.close();
    },
  };
}

async function readCredits(vendor: Vendor, signal: AbortSignal): Promise<number | null> {
  const reply = await vendor.balance(signal);
  return reply.kind === 'credits' ? reply.credits : null;
}

function alertsOf(deps: ServerDeps, configuration: Configuration) {
  const targets = alertTargetsOf(configuration);
  if (targets.length === 0) return {};
  return { onReading: watchForAlerts(deps, targets, configuration.ALERT_FAILED_SHARE) };
}

function accountsOf(configuration: Configuration): Accounts {
  const { DASHBOARD_USER, DASHBOARD_PASSWORD, DASHBOARD_VIEWER_USER, DASHBOARD_VIEWER_PASSWORD } =
    configuration;
  const people: Account[] = [];
  const add = (role: Account['role'], name?: string, secret?: string) => {
    if (name !== undefined && secret !== undefined) people.push({ name, role, secret });
  };
  add('operator', DASHBOARD_USER, DASHBOARD_PASSWORD);
  add('viewer', DASHBOARD_VIEWER_USER, DASHBOARD_VIEWER_PASSWORD);
  return createAccounts(people, parseTokens(configuration.API_TOKENS ?? ''));
}
