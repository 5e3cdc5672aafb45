/** `kie-batch remove`: forgets the ended links of a batch; videos stay, and saved links stay known as paid. */
import { Command } from 'commander';
import { removeBatch } from '../../producer/remove-batch.ts';
import { plural } from '../../shared/wording/format.ts';
import { confirmLoss } from '../confirm-loss.ts';
import { exitCodes } from '../exit-codes.ts';
import { noteAction } from '../note-action.ts';
import type { Terminal } from '../terminal.ts';
import { operationsOf, requireBatch, withSession } from '../with-session.ts';
import { jsonOption } from './options.ts';

/** Failures of links whose paid result can still be collected. */
const collectable = ['download-failed', 'result-invalid', 'task-timeout'] as const;

export function removeCommand(terminal: Terminal): Command {
  return new Command('remove')
    .description('Remove the records of a batch’s finished links from Redis; videos are kept')
    .argument('<batch>', 'name of a batch')
    .option('--yes', 'do not ask if paid results would be forgotten', false)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Unfinished and held links are never removed: cancel or retry them first. A saved link stays known as saved, in about
30 bytes, and is never paid again; a failed or cancelled one is forgotten. RETAIN_SAVED_DAYS and
RETAIN_FAILED_DAYS remove records automatically.`,
    )
    .action((name: string, flags: { yes: boolean; json: boolean }) =>
      withSession(terminal, async (session) => {
        const { failures } = await requireBatch(name, session);
        const uncollected = collectable.reduce((sum, reason) => sum + (failures[reason] ?? 0), 0);
        await confirmLoss(uncollected, flags.yes, terminal);
        const { removed, kept, isGone } = await removeBatch(name, operationsOf(session));
        await noteAction(session, { action: 'remove', target: name, outcome: plural(removed, 'link') });
        if (flags.json) terminal.json({ batch: name, removed, kept, gone: isGone });
        else {
          const rest = kept === 0 ? '' : `; ${plural(kept, 'link')} unfinished or held, and kept`;
          terminal.print(`${name}: ${plural(removed, 'link')} removed${rest}`);
        }
        process.exitCode = exitCodes.saved;
      }),
    );
}
