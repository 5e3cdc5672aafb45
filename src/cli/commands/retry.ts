/** `kie-batch retry`: failed, cancelled and held links of a batch are taken up again. */
import { Command } from 'commander';
import { retryItem } from '../../producer/retry-item.ts';
import { loadConfiguration } from '../../shared/configuration/configuration.ts';
import { failureReasons } from '../../shared/ledger/states.ts';
import { exitCodes } from '../exit-codes.ts';
import { plural } from '../format.ts';
import { openSession } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { jsonOption, oneOf } from './options.ts';
import { readBatches } from './status.ts';

export function retryCommand(terminal: Terminal): Command {
  return new Command('retry')
    .description(
      'Take failed, cancelled and held links of a batch up again; a paid task is collected, not paid anew',
    )
    .argument('<batch>', 'name of a batch')
    .option('--reason <reason>', `only links that failed for this reason: ${failureReasons.join(', ')}`)
    .addOption(jsonOption())
    .action(async (name: string, flags: { reason?: string; json: boolean }) => {
      const reason = flags.reason === undefined ? undefined : oneOf('--reason', failureReasons, flags.reason);
      const session = await openSession({
        loaded: loadConfiguration(),
        terminal,
        modelFiles: [],
        logTo: 'file',
      });
      try {
        await readBatches(name, session);
        let retried = 0;
        for await (const page of session.ledger.items(name)) {
          const wanted = page.filter((item) => reason === undefined || item.reason === reason);
          const taken = await Promise.all(wanted.map((item) => retryItem(item, session)));
          retried += taken.filter(Boolean).length;
        }
        if (flags.json) terminal.json({ batch: name, retried });
        else terminal.print(`${name}: ${plural(retried, 'link')} taken up again`);
        process.exitCode = exitCodes.saved;
      } finally {
        await session.close();
      }
    });
}
