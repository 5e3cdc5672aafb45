/** `kie-batch status`: the state of the batches, once. */
import { Command } from 'commander';
import { readOverview } from '../../producer/overview.ts';
import { exitCodes } from '../exit-codes.ts';
import { describeStatus, viewStatus } from '../status-view.ts';
import type { Terminal } from '../terminal.ts';
import { requireBatch, withSession } from '../with-session.ts';
import { jsonOption } from './options.ts';

export function statusCommand(terminal: Terminal): Command {
  return new Command('status')
    .description('Show counts, rate, time left and halts, of one batch or of all')
    .argument('[batch]', 'name of a batch')
    .addOption(jsonOption())
    .action((name: string | undefined, flags: { json: boolean }) =>
      withSession(terminal, async (session) => {
        if (name !== undefined) await requireBatch(name, session);
        const names = name === undefined ? undefined : [name];
        const overview = await readOverview(names, session);
        if (flags.json) terminal.json(viewStatus(overview, name !== undefined));
        else terminal.print(describeStatus(overview, name !== undefined, Date.now()));
        process.exitCode = exitCodes.saved;
      }),
    );
}
