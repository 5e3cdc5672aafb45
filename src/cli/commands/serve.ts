/** `kie-batch serve`: takes the vendor's callbacks and shows the state of things over HTTP, until stopped. */
import { Command } from 'commander';
import { callbackRoutes } from '../../server/callbacks/callback-routes.ts';
import { healthRoutes } from '../../server/health-routes.ts';
import { refuseListening } from '../../server/listen-address.ts';
import { type RegisterRoutes, type RunningServer, startServer } from '../../server/start-server.ts';
import { systemClock } from '../../shared/clock.ts';
import { loadConfiguration } from '../../shared/configuration/configuration.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { untilAborted, withInterrupt } from '../interrupt.ts';
import { openOperatorPages } from '../operator-pages.ts';
import { openSession, type Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { jsonOption, modelFileOption } from './options.ts';

interface ServeFlags {
  readonly callbacksOnly: boolean;
  readonly modelFile: string[];
  readonly json: boolean;
}

export function serveCommand(terminal: Terminal): Command {
  return new Command('serve')
    .description('Take callbacks and answer over HTTP until stopped')
    .option('--callbacks-only', 'callbacks and health alone: nothing that needs a login', false)
    .addOption(modelFileOption())
    .addOption(jsonOption())
    .action(async (flags: ServeFlags) => {
      const loaded = loadConfiguration(flags.json ? { LOG_FORMAT: 'json' } : {});
      const session = await openSession({
        loaded,
        terminal,
        modelFiles: flags.modelFile,
        logTo: 'standard-error',
      });
      try {
        const pages = flags.callbacksOnly ? null : await openOperatorPages(session);
        await using _pages = { [Symbol.asyncDispose]: async () => pages?.close() };
        const parts = { hasPages: pages !== null, pages: pages === null ? [] : [pages.routes] };
        await using server = await openServer(session, parts);
        session.logger.info({ url: server.url }, 'Serving');
        if (flags.json) terminal.json({ url: server.url });
        await withInterrupt(terminal, untilAborted);
        process.exitCode = exitCodes.saved;
      } finally {
        await session.close();
      }
    });
}

export interface ServedParts {
  /** Whether anything is served that needs a login where others can reach it. */
  readonly hasPages: boolean;
  readonly pages: readonly RegisterRoutes[];
}

/**
 * The server of a session: callbacks, health and the pages it is given. Also for commands that carry it along.
 * @throws UsageError when it may not or cannot listen where HTTP_HOST and HTTP_PORT say
 */
export async function openServer(session: Session, { hasPages, pages }: ServedParts): Promise<RunningServer> {
  const { configuration, logger, redis } = session;
  const { HTTP_HOST: host, HTTP_PORT: port, QUEUE_PREFIX: prefix } = configuration;
  const hasCredentials = configuration.DASHBOARD_USER !== undefined;
  const refusal = refuseListening({ host, hasPages, hasCredentials });
  if (refusal !== null) throw new UsageError(refusal);
  const callbacks = callbackRoutes({
    ...session,
    prefix,
    clock: systemClock,
    webhookKey: configuration.KIE_WEBHOOK_KEY ?? null,
    baseUrl: configuration.CALLBACK_BASE_URL ?? null,
  });
  const routes = [callbacks, healthRoutes({ redis, prefix }), ...pages];
  return startServer({ host, port, routes, logger }).catch((error: unknown) => {
    throw describeListenError(error, host, port);
  });
}

function describeListenError(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return new UsageError(`Port ${port} on ${host} is taken; set HTTP_PORT to another`);
  if (code === 'EACCES') return new UsageError(`Port ${port} needs more rights; set HTTP_PORT above 1023`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new UsageError(`HTTP_HOST=${host} is no address of this machine`);
  return error;
}
