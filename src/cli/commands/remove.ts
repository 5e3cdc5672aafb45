/** `kie-batch remove`: forgets the ended links of a batch; videos stay, and saved links stay known as paid. */
import { Command } from 'commander';
import { removeBatch } from '../../producer/remove-batch.ts';
import { exitCodes } from '../exit-codes.ts';
import { plural } from '../format.ts';
import { noteAction } from '../note-action.ts';
import type { Terminal } from '../terminal.ts';
import { operationsOf, requireBatch, withSession } from '../with-session.ts';
import { jsonOption } from './options.ts';

export function removeCommand(terminal: Terminal): Command {
  return new Command('remove')
    .description('Remove the records of a batch’s ended links from Redis; videos stay where they are')
    .argument('<batch>', 'name of a batch')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Links under way or held are never removed: cancel or retry them first. A saved link stays known as paid and saved, in
some 30 bytes, and is never paid again without --force; a failed or cancelled one is forgotten. To have this done
after a time by itself, set RETAIN_SAVED_DAYS and RETAIN_FAILED_DAYS.`,
    )
    .action((name: string, flags: { json: boolean }) =>
      withSession(terminal, async (session) => {
        await requireBatch(name, session);
        const { removed, kept, isGone } = await removeBatch(name, operationsOf(session));
        await noteAction(session, { action: 'remove', target: name, outcome: plural(removed, 'link') });
        if (flags.json) terminal.json({ batch: name, removed, kept, gone: isGone });
        else {
          const rest = kept === 0 ? '' : `; ${plural(kept, 'link')} still under way or held were left`;
          terminal.print(`${name}: ${plural(removed, 'link')} removed${rest}`);
        }
        process.exitCode = exitCodes.saved;
      }),
    );
}
