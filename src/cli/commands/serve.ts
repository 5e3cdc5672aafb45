/** `kie-batch serve`: serves the dashboard, the API and the vendor's callbacks over HTTP, until stopped. */
import { Command } from 'commander';
import { openSession } from '../../app/session.ts';
import { loadConfiguration } from '../../shared/configuration/configuration.ts';
import { exitCodes } from '../exit-codes.ts';
import { untilAborted, withInterrupt } from '../interrupt.ts';
import type { Terminal } from '../terminal.ts';
import { jsonOption, modelFileOption } from './options.ts';

interface ServeFlags {
  readonly callbacksOnly: boolean;
  readonly modelFile: string[];
  readonly json: boolean;
}

export function serveCommand(terminal: Terminal): Command {
  return new Command('serve')
    .description('Serve the dashboard, the API and callbacks over HTTP until stopped')
    .option('--callbacks-only', 'serve only callbacks and health checks', false)
    .addOption(modelFileOption())
    .addOption(jsonOption())
    .action(async (flags: ServeFlags) => {
      const loaded = loadConfiguration(flags.json ? { LOG_FORMAT: 'json' } : {});
      const session = await openSession({
        loaded,
        output: terminal,
        modelFiles: flags.modelFile,
        logTo: 'standard-error',
      });
      try {
        const { openServer } = await import('../../app/open-server.ts');
        const { openOperatorPages } = await import('../../app/operator-pages.ts');
        const pages = flags.callbacksOnly ? null : await openOperatorPages(session);
        await using _pages = { [Symbol.asyncDispose]: async () => pages?.close() };
        const parts = { hasPages: pages !== null, pages: pages === null ? [] : [pages.routes] };
        await using server = await openServer(session, parts);
        await withInterrupt(terminal, async (signal) => {
          session.logger.info({ url: server.url }, 'Serving');
          if (flags.json) terminal.json({ url: server.url });
          await untilAborted(signal);
        });
        process.exitCode = exitCodes.saved;
      } finally {
        await session.close();
      }
    });
}
