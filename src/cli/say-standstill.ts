/** After a command that leaves links to workers: says why they do not move, where they do not. */
import type { Session } from '../app/session.ts';
import { readOverview } from '../producer/overview.ts';
import { explain } from '../shared/wording/situation-words.ts';
import type { Terminal } from './terminal.ts';

export async function sayStandstill(
  batch: string,
  session: Session,
  terminal: Pick<Terminal, 'say'>,
): Promise<void> {
  const overview = await readOverview([batch], session);
  for (const { situation, name } of overview.batches) {
    const { tone, why } = explain(situation, overview.at, name);
    if (tone === 'warn' || tone === 'bad') terminal.say(why);
  }
}
