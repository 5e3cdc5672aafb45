/**
 * The server of a session: callbacks, health checks and the given pages, at the configured address. For `serve` and for
 * commands that include it; loaded only by those, because its parts take long to load.
 */
import { callbackRoutes } from '../server/callbacks/callback-routes.ts';
import { healthRoutes } from '../server/health-routes.ts';
import { refuseListening, warnOfListening } from '../server/listen-address.ts';
import { publicAddressOf } from '../server/public-address.ts';
import { type RegisterRoutes, type RunningServer, startServer } from '../server/start-server.ts';
import { createItemHistory } from '../shared/item-history/item-history.ts';
import type { Session } from './session.ts';
import { UsageError } from './usage-error.ts';

export interface ServedParts {
  /** Whether anything is served that needs a login where others can reach it. */
  readonly hasPages: boolean;
  readonly pages: readonly RegisterRoutes[];
}

/** @throws UsageError when it may not or cannot listen where HTTP_HOST and HTTP_PORT say */
export async function openServer(session: Session, { hasPages, pages }: ServedParts): Promise<RunningServer> {
  const { configuration, logger } = session;
  const { HTTP_HOST: host, HTTP_PORT: port } = configuration;
  const refusal = refuseListening({ host, hasPages, password: configuration.DASHBOARD_PASSWORD });
  if (refusal !== null) throw new UsageError(refusal);
  const warning = hasPages ? warnOfListening(host, configuration.PUBLIC_URL) : null;
  if (warning !== null) logger.warn(warning);
  session.prices.keepFresh();
  const callbacks = callbackRoutes({
    ...session,
    itemHistory: createItemHistory(session),
    clock: await session.keepTime(),
    webhookKey: configuration.KIE_WEBHOOK_KEY ?? null,
    baseUrl: configuration.CALLBACK_BASE_URL ?? null,
  });
  const routes = [callbacks, healthRoutes(session), ...pages];
  return startServer({
    host,
    port,
    routes,
    logger,
    trustedProxies: configuration.TRUSTED_PROXIES,
    publicAddress: publicAddressOf(configuration.PUBLIC_URL),
  }).catch((error: unknown) => {
    throw describeListenError(error, host, port);
  });
}

function describeListenError(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return new UsageError(`Port ${port} on ${host} is in use; set another HTTP_PORT`);
  if (code === 'EACCES')
    return new UsageError(`Port ${port} needs more permissions; set HTTP_PORT above 1023`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new UsageError(`HTTP_HOST=${host} is not an address of this machine`);
  return error;
}
