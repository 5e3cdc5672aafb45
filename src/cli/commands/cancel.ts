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
    .description('Cancel the links of a batch that wait or are held; paid tasks are still collected')
    .argument('<batch>', 'name of a batch')
    .option('--abandon', 'do not collect the results of paid tasks either', false)
    .option('--yes', 'with --abandon: do not ask', false)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
A link that another batch lists too continues there. Killed in the middle, the batch is left paused, and the same
command resumes it. What was cancelled is retried with: kie-batch retry BATCH`,
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
  if (abandoned > 0) lines.push(`  ${plural(abandoned, 'paid task')} among them, whose result is lost`);
  if (collecting > 0)
    lines.push(`  ${plural(collecting, 'paid task')} still collected (--abandon would not)`);
  if (calling > 0)
    lines.push(`  ${plural(calling, 'link')} with a call under way: collected if a task was made`);
  if (left > 0) lines.push(`  ${plural(left, 'link')} left to other batches that list them too`);
  return lines;
}
