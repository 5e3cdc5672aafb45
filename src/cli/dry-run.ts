/**
 * `--dry-run`: what `run` or `enqueue` would take, refuse and pay. Everything but enqueueing; nothing is written and
 * nothing is sent to the vendor. Links whose records were removed with `remove` are counted as new.
 */

import type { Session } from '../app/session.ts';
import { type EnqueueCounts, enqueueLists } from '../producer/enqueue-lists.ts';
import type { ListSource } from '../producer/lists/list-source.ts';
import { localVideosOf } from '../producer/local-videos.ts';
import { lookingLedger, openCost } from '../producer/looking-ledger.ts';
import type { Inputs } from '../shared/models/input-spec.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { exitCodes } from './exit-codes.ts';
import { formatCount } from './format.ts';
import { withInterrupt } from './interrupt.ts';
import { showInvalidLines } from './invalid-lines.ts';
import type { Terminal } from './terminal.ts';

export interface DryRun {
  readonly batch: string;
  readonly model: ModelDefinition;
  readonly inputs: Inputs;
  readonly sources: readonly ListSource[];
  readonly column?: string | undefined;
  readonly force: boolean;
  readonly json: boolean;
  readonly problems?: string | undefined;
}

/** @returns the exit code */
export async function dryRun(request: DryRun, session: Session, terminal: Terminal): Promise<number> {
  const { batch, model, inputs, sources, column, force } = request;
  const { DATA_DIR: dataDir } = session.configuration;
  const cost = openCost(model);
  const invalidLines = showInvalidLines({ batch, dataDir, file: request.problems }, terminal.say);
  const counts = await withInterrupt(terminal, async (signal) =>
    enqueueLists(
      {
        batch,
        model,
        inputs,
        sources,
        list: { column, localFolder: process.cwd() },
        force,
        since: await session.ledger.now(),
      },
      {
        ...invalidLines,
        locals: localVideosOf(session.configuration),
        ledger: lookingLedger(session.ledger, force, (link, what) => {
          if (what === 'new') cost.add(link);
        }),
        onColumns: terminal.say,
        onProgress: () => undefined,
        signal,
      },
    ),
  ).finally(invalidLines.finish);
  report(request, counts, cost.credits(), terminal);
  return counts.total > 0 && counts.invalid === counts.total ? exitCodes.failures : exitCodes.saved;
}

function report(
  { batch, model, json }: DryRun,
  counts: EnqueueCounts,
  credits: number | null,
  terminal: Terminal,
): void {
  const { total, accepted, duplicates, alreadySaved, invalid } = counts;
  if (json) {
    const found = { total, accepted, duplicates, alreadySaved, invalid };
    terminal.json({ dryRun: true, batch, model: model.id, ...found, credits });
    return;
  }
  const cost =
    credits === null
      ? 'What they cost is not known before: the first task will tell.'
      : `They cost about ${formatCount(credits)} credits.`;
  terminal.print(
    `Dry run of ${batch} with ${model.id}: ${formatCount(accepted)} would be taken, ${formatCount(duplicates)} duplicate, ${formatCount(alreadySaved)} already saved, ${formatCount(invalid)} invalid.${accepted > 0 ? ` ${cost}` : ''} Nothing was enqueued.`,
  );
}
