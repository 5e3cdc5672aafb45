/** `kie-batch priority`: how many turns a batch gets where others get one. */
import { Command } from 'commander';
import { exitCodes } from '../exit-codes.ts';
import { noteAction } from '../note-action.ts';
import type { Terminal } from '../terminal.ts';
import { operationsOf, requireBatch, withSession } from '../with-session.ts';
import { jsonOption, priorityOf } from './options.ts';

export function priorityCommand(terminal: Terminal): Command {
  return new Command('priority')
    .description('Set the priority of a batch: with 3 it submits three links for each link of a batch with 1')
    .argument('<batch>', 'name of a batch')
    .argument('<priority>', 'from 1 to 1000; the default is 1', priorityOf)
    .addOption(jsonOption())
    .action((name: string, priority: number, flags: { json: boolean }) =>
      withSession(terminal, async (session) => {
        await requireBatch(name, session);
        await operationsOf(session).setPriority(name, priority);
        await noteAction(session, { action: 'priority', target: name, outcome: String(priority) });
        if (flags.json) terminal.json({ batch: name, priority });
        else terminal.print(`${name} has priority ${priority}`);
        process.exitCode = exitCodes.saved;
      }),
    );
}
