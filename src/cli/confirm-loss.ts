/** Asks for confirmation before a command abandons paid results. */
import { UsageError } from '../app/usage-error.ts';
import { plural } from '../shared/wording/format.ts';
import { openAsk } from './agree-to-cost.ts';
import type { Terminal } from './terminal.ts';

/**
 * @param tasks paid tasks whose results are not stored
 * @throws UsageError if the answer is no, or without a terminal and `--yes`
 */
export async function confirmLoss(
  tasks: number,
  isAgreed: boolean,
  terminal: Pick<Terminal, 'warn'>,
): Promise<void> {
  if (tasks === 0 || isAgreed) return;
  const what = `${plural(tasks, 'paid task')} would be abandoned before the result is stored`;
  const ask = openAsk(process);
  if (ask === null) throw new UsageError(`${what}. Collect them first (kie-batch retry), or use --yes.`);
  terminal.warn(`${what}.`);
  if (!(await ask('Abandon them?', false))) throw new UsageError('Nothing was changed.');
}
