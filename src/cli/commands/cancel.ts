/** `kie-batch cancel`: the waiting links of a batch stop at once; what is paid is still collected. */
import { Command } from 'commander';
import { type CancelSummary, cancelBatch } from '../../producer/cancel-batch.ts';
import { plural } from '../../shared/wording/format.ts';
import { confirmLoss } from '../confirm-loss.ts';
import { exitCodes } from '../exit-codes.ts';
import { noteAction } from '../note-action.ts';
import type { Terminal } from '../terminal.ts';
import { operationsOf, requireBatch, withSession } from '../with-session.ts';
import { jsonOption } from './options.ts';

export function cancelCommand(terminal: Terminal): Command {
  return new Command('cancel')
    .description('Cancel the waiting and held links of a batch; paid tasks are still collected')
    .argument('<batch>', 'name of a batch')
    .option('--abandon', 'also abandon the results of paid tasks', false)
    .option('--yes', 'with --abandon: do not ask', false)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
A link that another batch lists too continues there. If the command is killed, the batch stays paused; rerun the
command to finish. What was cancelled is retried with: kie-batch retry BATCH`,
    )
    .action((name: string, flags: { abandon: boolean; yes: boolean; json: boolean }) =>
      withSession(terminal, async (session) => {
        const { processing, downloading } = (await requireBatch(name, session)).counts;
        if (flags.abandon) await confirmLoss(processing + downloading, flags.yes, terminal);
        const summary = await cancelBatch(name, operationsOf(session), flags);
        const action = flags.abandon ? 'cancel --abandon' : 'cancel';
        await noteAction(session, {
          action,
          target: name,
          outcome: `${plural(summary.cancelled, 'link')}`,
        });
        if (flags.json) terminal.json({ batch: name, ...summary });
        else terminal.print(describeCancel(name, summary).join('\n'));
        process.exitCode = exitCodes.saved;
      }),
    );
}

function describeCancel(name: string, summary: CancelSummary): string[] {
  const { cancelled, abandoned, collecting, calling, left } = summary;
  const lines = [`${name}: ${plural(cancelled, 'link')} cancelled`];
  if (abandoned > 0) lines.push(`  ${plural(abandoned, 'paid task')} abandoned: their results are lost`);
  if (collecting > 0)
    lines.push(`  ${plural(collecting, 'paid task')} still collected (use --abandon to give them up)`);
  if (calling > 0)
    lines.push(`  ${plural(calling, 'link')} with an open create call: collected if it creates a task`);
  if (left > 0) lines.push(`  ${plural(left, 'link')} also in other batches, and continue there`);
  return lines;
}
