/** `kie-batch retry`: failed, cancelled and held links of a batch are retried; deleted files are fetched again. */
import { Command } from 'commander';
import { UsageError } from '../../app/usage-error.ts';
import { fetchMissing, type MissingSummary } from '../../producer/fetch-missing.ts';
import { retryBatch } from '../../producer/retry-batch.ts';
import type { FailureReason } from '../../shared/ledger/states.ts';
import { plural } from '../../shared/wording/format.ts';
import { exitCodes } from '../exit-codes.ts';
import { noteAction } from '../note-action.ts';
import { sayStandstill } from '../say-standstill.ts';
import type { Terminal } from '../terminal.ts';
import { openVerification } from '../verification.ts';
import { operationsOf, requireBatch, withSession } from '../with-session.ts';
import { jsonOption, reasonOption } from './options.ts';

interface RetryFlags {
  readonly reason?: FailureReason;
  readonly missing: boolean;
  readonly json: boolean;
}

export function retryCommand(terminal: Terminal): Command {
  return new Command('retry')
    .description(
      'Retry failed, cancelled and held links of a batch; results of paid tasks are collected for free',
    )
    .argument('<batch>', 'name of a batch')
    .addOption(reasonOption())
    .option('--missing', 'instead: fetch missing files of saved links again, for free', false)
    .addOption(jsonOption())
    .action(async (name: string, flags: RetryFlags) => {
      if (flags.missing) return retryMissing(name, flags, terminal);
      const { reason } = flags;
      await withSession(terminal, async (session) => {
        await requireBatch(name, session);
        const deps = { operations: operationsOf(session), queues: session.queues };
        const { retried, collected } = await retryBatch(name, deps, reason);
        const why = reason === undefined ? '' : ` with the reason ${reason}`;
        const outcome = `${plural(retried, 'link')}${why}`;
        await noteAction(session, { action: 'retry', target: name, outcome });
        if (flags.json) terminal.json({ batch: name, retried, collected });
        else {
          terminal.print(`${name}: ${plural(retried, 'link')} retried${paidPart(collected)}`);
          if (retried > 0) await sayStandstill(name, session, terminal);
        }
        process.exitCode = exitCodes.saved;
      });
    });
}

async function retryMissing(name: string, { reason, json }: RetryFlags, terminal: Terminal): Promise<void> {
  if (reason !== undefined) throw new UsageError('--missing is for saved links, which have no --reason');
  await withSession(terminal, async (session) => {
    await requireBatch(name, session);
    await using verification = await openVerification(session);
    const summary = await fetchMissing(name, { ...session, verify: verification.deps });
    const outcome = `${plural(summary.missing, 'file')} missing, ${summary.fetchedAgain} fetched again`;
    await noteAction(session, { action: 'retry --missing', target: name, outcome });
    if (json) terminal.json({ batch: name, ...summary });
    else terminal.print(describeMissing(name, summary));
    process.exitCode = exitCodes.saved;
  });
}

function describeMissing(name: string, { missing, fetchedAgain, withoutTask }: MissingSummary): string {
  if (missing === 0) return `${name}: every saved file is there`;
  const lost = withoutTask === 0 ? '' : `; ${plural(withoutTask, 'link')} without a known task`;
  return `${name}: the files of ${plural(missing, 'link')} are missing; a worker fetches ${fetchedAgain} again${lost}`;
}

function paidPart(collected: number): string {
  return collected === 0 ? '' : `, ${plural(collected, 'link')} of them already paid and only collected`;
}
