/** `kie-batch pause` and `kie-batch resume`: of one batch, or of everything. */
import { Command } from 'commander';
import type { Session } from '../../app/session.ts';
import { resetGate } from '../../shared/gate-state/gate-state.ts';
import { exitCodes } from '../exit-codes.ts';
import { noteAction } from '../note-action.ts';
import type { Terminal } from '../terminal.ts';
import { operationsOf, requireBatch, withSession } from '../with-session.ts';
import { jsonOption } from './options.ts';

export function pauseCommand(terminal: Terminal): Command {
  return command(
    'pause',
    'Stop submitting links, of one batch or of all; tasks at the vendor are still collected',
    terminal,
  );
}

export function resumeCommand(terminal: Terminal): Command {
  return command('resume', 'Resume a batch; without a name, resume everything', terminal).option(
    '--reset-gate',
    'end a pause that the vendor asked for, forget the learned limit, and start from SUBMIT_LIMIT',
  );
}

function command(verb: 'pause' | 'resume', description: string, terminal: Terminal): Command {
  return new Command(verb)
    .description(description)
    .argument('[batch]', 'name of a batch (default: everything)')
    .addOption(jsonOption())
    .action((name: string | undefined, flags: { json: boolean; resetGate?: boolean }) =>
      withSession(terminal, async (session) => {
        if (name !== undefined) await requireBatch(name, session);
        const operations = operationsOf(session);
        if (name === undefined) await (verb === 'pause' ? operations.pauseAll() : operations.resumeAll());
        else await operations[verb](name);
        if (flags.resetGate) await resetGates(session);
        await noteAction(session, {
          action: verb,
          target: name ?? 'everything',
          outcome: flags.resetGate ? 'done, the gates were reset' : 'done',
        });
        if (flags.json) terminal.json({ batch: name ?? null, paused: verb === 'pause' });
        else terminal.print(describe(verb, name));
        process.exitCode = exitCodes.saved;
      }),
    );
}

async function resetGates(session: Session): Promise<void> {
  await Promise.all([resetGate(session, 'submit'), resetGate(session, 'query')]);
}

function describe(verb: 'pause' | 'resume', name: string | undefined): string {
  const what = name ?? 'Everything';
  if (verb === 'resume')
    return `${what} ${name === undefined ? 'resumed; batches that were paused by name stay paused' : 'continues'}`;
  return `${what} is paused; tasks at the vendor are still collected. Resume with: kie-batch resume${name === undefined ? '' : ` ${name}`}`;
}
