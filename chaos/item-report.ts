/**
 * Everything that is known of one item, for a person who was not there: its record, the vendor's tasks, and in the order of
 * time what happened to it, what processes logged of it, and what was done to the system meanwhile.
 */
import type { Session } from '../src/app/session.ts';
import { createItemHistory } from '../src/shared/item-history/item-history.ts';
import type { Item } from '../src/shared/ledger/item.ts';
import type { Service } from './processes.ts';
import type { World } from './world.ts';

interface Line {
  readonly at: number;
  readonly who: string;
  readonly what: string;
}

type ReportedWorld = Pick<World, 'simulator' | 'timeline' | 'startedAt'> & {
  readonly services: readonly Pick<Service, 'name' | 'log'>[];
};

const mostOfALine = 600;
/** Trouble before its first line and after its last one is of interest too. */
const marginMs = 10_000;

export async function reportItem(world: ReportedWorld, item: Item, session: Session): Promise<string> {
  const { simulator, services, timeline, startedAt } = world;
  const tasks = simulator.orders().filter(({ link }) => link === item.url);
  const story = await createItemHistory(session).story(item.id);
  const own: Line[] = [
    ...tasks.map(({ id, createdAtMs, credits, fault }) => ({
      at: createdAtMs,
      who: 'the vendor',
      what: `makes the task ${id}${fault === undefined ? '' : ` (${fault})`}, which costs ${credits} credits in the end`,
    })),
    ...story.map(({ at, kind, message, times }) => ({
      at,
      who: 'its history',
      what: `${kind}${times > 1 ? ` ×${times}` : ''}: ${message}`,
    })),
    ...(await logLines(services, [item.id, ...tasks.map(({ id }) => id)])),
  ].sort((a, b) => a.at - b.at);
  const [from, to] = [(own[0]?.at ?? 0) - marginMs, (own.at(-1)?.at ?? 0) + marginMs];
  const torments = timeline.filter(({ at }) => at >= from && at <= to);
  const lines = [...own, ...torments.map(({ at, what }) => ({ at, who: 'MEANWHILE', what }))].sort(
    (a, b) => a.at - b.at,
  );
  const known = Object.entries(item).filter(([, value]) => value !== null && value !== 0);
  return [
    `--- ${item.id}`,
    `in the ledger: ${known.map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(', ')}`,
    `at the vendor: ${tasks.map(({ id, credits }) => `task ${id} for ${credits} credits`).join(', ') || 'no task'}`,
    ...lines.map(({ at, who, what }) => `${secondsSince(startedAt, at)}  ${who.padEnd(11)}  ${what}`),
  ].join('\n');
}

/** Of the log lines of all processes, those that name one of these. */
async function logLines(services: ReportedWorld['services'], names: readonly string[]): Promise<Line[]> {
  const lines: Line[] = [];
  for (const { name, log } of services) {
    let at = 0;
    for (const text of (await log()).split('\n')) {
      const line = readLine(name, text, at);
      ({ at } = line);
      if (names.some((each) => text.includes(each))) lines.push(line);
    }
  }
  return lines;
}

/** @param before time of the line before: what is not from the logger has none of its own */
function readLine(who: string, text: string, before: number): Line {
  try {
    const { level, time, msg, ...facts } = JSON.parse(text) as Record<string, unknown>;
    const said = Object.entries(facts).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    const what = `${Number(level) >= 40 ? 'WARNING ' : ''}${msg}: ${said.join(' ')}`;
    return { at: Date.parse(String(time)), who, what: what.slice(0, mostOfALine) };
  } catch {
    return { at: before, who, what: text.slice(0, mostOfALine) };
  }
}

/** As the lines of a run begin. */
export function secondsSince(startedAt: number, at: number): string {
  return `${((at - startedAt) / 1000).toFixed(1).padStart(6)} s`;
}
