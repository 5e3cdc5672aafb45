/** Everything that is known of one item: its record, its history, the vendor's tasks, and what was logged of it. */
import type { Session } from '../src/app/session.ts';
import { createItemHistory } from '../src/shared/item-history/item-history.ts';
import type { Item } from '../src/shared/ledger/item.ts';
import type { World } from './world.ts';

const mostOfALine = 1000;

export async function reportItem(world: World, item: Item, session: Session): Promise<string> {
  const story = await createItemHistory(session).story(item.id);
  const tasks = world.simulator.orders().filter(({ link }) => link === item.url);
  const logged: string[] = [];
  for (const { name, log } of world.services) {
    const lines = (await log()).split('\n');
    const about = lines.filter((line) =>
      [item.id, ...tasks.map(({ id }) => id)].some((id) => line.includes(id)),
    );
    logged.push(...about.map((line) => `  ${name} ${line.slice(0, mostOfALine)}`));
  }
  return [
    `${item.id}: ${JSON.stringify(item)}`,
    ...tasks.map(({ id, credits }) => `  at the vendor: task ${id}, ${credits} credits`),
    ...story.map(
      ({ at, kind, message, times }) =>
        `  ${new Date(at).toISOString()} ${kind}${times > 1 ? ` ×${times}` : ''}: ${message}`,
    ),
    ...logged.sort((a, b) => timeOf(a) - timeOf(b)),
  ].join('\n');
}

function timeOf(line: string): number {
  return Number(/"time":(\d+)/.exec(line)?.[1] ?? 0);
}
