/**
 * The batches of a run, and how their links are given: in pieces while the trouble lasts, by commands, by a schedule,
 * and by one `run`. Commands that fail are run again, as a person does.
 */
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { shareLink } from '../test/setup/system.ts';
import type { World } from './world.ts';

export const creditsPerTask = 10;
export const budgetBatch = 'budget';
export const cancelledBatch = 'dropped';
export const scheduledBatch = 'inbox';
export const runBatch = 'run';
/** What a person pauses at times, and resumes. */
export const pausedBatch = 'list';

/** How many links each batch gets, as a share; `again` lists links of the first batch once more. */
const shares = {
  [pausedBatch]: 0.3,
  again: 0.1,
  [scheduledBatch]: 0.2,
  [budgetBatch]: 0.2,
  [cancelledBatch]: 0.1,
  [runBatch]: 0.1,
};

/** Links by batch. */
export type BatchPlan = ReadonlyMap<string, readonly string[]>;

export function planBatches(links: number): BatchPlan {
  const batches = new Map<string, string[]>();
  let given = 0;
  for (const [name, share] of Object.entries(shares)) {
    const count = Math.max(1, Math.round(links * share));
    const start = given;
    const linkOf = name === 'again' ? (n: number) => shareLink(n * 2) : (n: number) => shareLink(start + n);
    batches.set(
      name,
      Array.from({ length: count }, (_, n) => linkOf(n)),
    );
    if (name !== 'again') given += count;
  }
  return batches;
}

/** Enough for half of the batch. */
export function budgetOf(batches: BatchPlan): number {
  return Math.ceil((batches.get(budgetBatch)?.length ?? 0) / 2) * creditsPerTask;
}

const budgetFlags = (batches: BatchPlan) => ['--max-credits', `${budgetOf(batches)}`];

/**
 * What was done in the second that Redis has lost is done again, as a person does who runs a command once more: links are
 * given, where one that is known changes nothing, and what was paused is resumed.
 */
export async function giveAgain({ folder, batches, command }: World): Promise<void> {
  for (const [name, links] of batches) {
    const file = join(folder, `${name}-again.txt`);
    await writeFile(file, links.join('\n'));
    const flags = name === budgetBatch ? budgetFlags(batches) : [];
    await command(['enqueue', file, '--batch', name, '--yes', ...flags]);
  }
  for (const what of [[], [pausedBatch]]) await command(['resume', ...what]);
}

const pieces = 4;

export async function giveLinks(world: World): Promise<void> {
  const { options, folder, inbox, batches, command } = world;
  const draw = world.random.stream('producer');
  const spreadMs = options.minutes * 60_000 * 0.6;
  const inPieces = async (name: string, give: (piece: readonly string[], n: number) => Promise<void>) => {
    const links = batches.get(name) ?? [];
    const size = Math.ceil(links.length / pieces);
    for (let n = 0; n * size < links.length; n += 1) {
      await give(links.slice(n * size, (n + 1) * size), n);
      const pauseMs = (spreadMs / pieces) * draw.between(0.2, 1);
      if ((n + 1) * size < links.length) await sleep(pauseMs);
    }
  };
  const enqueue = (name: string, flags: readonly string[] = []) =>
    inPieces(name, async (piece, n) => {
      const file = join(folder, `${name}-${n}.txt`);
      await writeFile(file, piece.join('\n'));
      await command(
        ['enqueue', file, '--batch', name, '--yes', ...flags],
        draw.chance(0.2) ? draw.between(200, 1500) : undefined,
      );
    });
  const schedule = async () => {
    await command([
      ...['schedule', 'add', scheduledBatch, '--cron', '*/3 * * * * *'],
      ...['--source', `folder:${inbox}`, '--batch-template', scheduledBatch],
    ]);
    await inPieces(scheduledBatch, async (piece, n) => {
      const draft = join(folder, `inbox-${n}.txt`);
      await writeFile(draft, `${piece.join('\n')}\n`);
      await rename(draft, join(inbox, `part-${n}.txt`));
    });
  };
  const drop = async () => {
    await enqueue(cancelledBatch);
    await command(['cancel', cancelledBatch, '--yes']);
  };
  await Promise.all([
    enqueue(pausedBatch),
    enqueue('again'),
    enqueue(budgetBatch, budgetFlags(batches)),
    schedule(),
    drop(),
  ]);
}
