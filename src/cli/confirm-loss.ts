/** Asks for confirmation before a command drops results that were paid for. */
import { UsageError } from '../app/usage-error.ts';
import { plural } from '../shared/wording/format.ts';
import { openAsk } from './agree-to-cost.ts';
import type { Terminal } from './terminal.ts';

/**
 * @param tasks paid tasks whose results are not stored
 * @throws UsageError where the answer is no, or where nobody can be asked and `--yes` is not given
 */
export async function confirmLoss(
  tasks: number,
  isAgreed: boolean,
  terminal: Pick<Terminal, 'warn'>,
): Promise<void> {
  if (tasks === 0 || isAgreed) return;
  const what = `${plural(tasks, 'paid task')} whose result is not stored yet would be given up`;
  const ask = openAsk(process);
  if (ask === null) throw new UsageError(`${what}. Collect them first (kie-batch retry), or say --yes.`);
  terminal.warn(`${what}.`);
  if (!(await ask('Give them up?', false))) throw new UsageError('Nothing was changed.');
}
