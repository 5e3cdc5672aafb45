/** `kie-batch retry`: failed, cancelled and held links of a batch are taken up again. */
import { Command } from 'commander';
import { retryBatch } from '../../producer/retry-batch.ts';
import { failureReasons } from '../../shared/ledger/states.ts';
import { exitCodes } from '../exit-codes.ts';
import { plural } from '../format.ts';
import type { Terminal } from '../terminal.ts';
import { operationsOf, requireBatch, withSession } from '../with-session.ts';
import { jsonOption, oneOf } from './options.ts';

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
      await withSession(terminal, async (session) => {
        await requireBatch(name, session);
        const deps = { operations: operationsOf(session), queues: session.queues };
        const { retried, collected } = await retryBatch(name, deps, reason);
        if (flags.json) terminal.json({ batch: name, retried, collected });
        else terminal.print(`${name}: ${plural(retried, 'link')} taken up again${paidPart(collected)}`);
        process.exitCode = exitCodes.saved;
      });
    });
}

function paidPart(collected: number): string {
  return collected === 0 ? '' : `, ${plural(collected, 'link')} of them paid already and only collected`;
}
