/** `kie-batch enqueue`: links in; workers on this or other machines do the rest. Quiet when nothing is new. */
import type { Command } from 'commander';
import { defaultBatchName } from '../../producer/batch-name.ts';
import { enqueueLists } from '../../producer/enqueue-lists.ts';
import { openListFiles } from '../../producer/lists/open-list-files.ts';
import { systemClock } from '../../shared/clock.ts';
import { loadConfiguration } from '../../shared/configuration/configuration.ts';
import { createStorage } from '../../shared/storage/create-storage.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatCount } from '../format.ts';
import { withInterrupt } from '../interrupt.ts';
import { showInvalidLines } from '../invalid-lines.ts';
import { openProgress } from '../progress.ts';
import { rootOf } from '../run-batch.ts';
import { openSession } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { type ListFlags, listCommand } from './options.ts';

export function enqueueCommand(terminal: Terminal): Command {
  return listCommand('enqueue')
    .description('Enqueue links for workers to take; prints what became of them')
    .action(async (files: string[], flags: ListFlags) => {
      process.exitCode = await enqueue(files, flags, terminal);
    });
}

async function enqueue(files: readonly string[], flags: ListFlags, terminal: Terminal): Promise<number> {
  const loaded = loadConfiguration();
  const sources = openListFiles([...files], process.stdin);
  const batch = flags.batch ?? defaultBatchName(files, new Date());
  const session = await openSession({ loaded, terminal, modelFiles: flags.modelFile, logTo: 'file' });
  try {
    const model = session.models.get(flags.model);
    const storage = await createStorage(loaded.configuration.STORAGE_URL, { clock: systemClock });
    await session.ledger.openBatch(batch, { model: model.id, root: rootOf(storage) });
    await storage.close();
    const since = await session.ledger.now();
    const progress = openProgress(terminal);
    const request = { batch, model, sources, since, list: { column: flags.column }, force: flags.force };
    const invalidLines = showInvalidLines(batch, loaded.configuration.DATA_DIR, progress.note);
    const { counts, interrupted } = await withInterrupt(terminal, async (signal) => ({
      counts: await enqueueLists(request, {
        ledger: session.ledger,
        signal,
        onInvalid: invalidLines.onInvalid,
        onProgress: ({ total }) => progress.reading(total),
      }),
      interrupted: signal.aborted,
    })).finally(invalidLines.finish);
    progress.stop();
    const { total, accepted, duplicates, alreadySaved, invalid } = counts;
    if (flags.json) terminal.json({ batch, total, accepted, duplicates, alreadySaved, invalid });
    else if (accepted + invalid > 0) terminal.print(describeCounts(batch, counts));
    return interrupted ? exitCodes.interrupted : exitCodes.saved;
  } finally {
    await session.close();
  }
}

function describeCounts(
  batch: string,
  counts: { accepted: number; duplicates: number; alreadySaved: number; invalid: number },
): string {
  const { accepted, duplicates, alreadySaved, invalid } = counts;
  return [
    `${batch}: ${formatCount(accepted)} accepted`,
    `${formatCount(duplicates)} duplicate`,
    `${formatCount(alreadySaved)} already saved`,
    `${formatCount(invalid)} invalid`,
  ].join(', ');
}
