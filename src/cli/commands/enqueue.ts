/** `kie-batch enqueue`: links in; workers on this or other machines do the rest. Quiet when nothing is new. */
import type { Command } from 'commander';
import { openRelay } from '../../app/open-storage.ts';
import { openSession } from '../../app/session.ts';
import { UsageError } from '../../app/usage-error.ts';
import { defaultBatchName } from '../../producer/batch-name.ts';
import { enqueueLists } from '../../producer/enqueue-lists.ts';
import { openListFiles } from '../../producer/lists/open-list-files.ts';
import { localVideosOf } from '../../producer/local-videos.ts';
import { parseSourceAddress } from '../../producer/sources/source-address.ts';
import { loadConfiguration } from '../../shared/configuration/configuration.ts';
import { checkShared } from '../../shared/models/resolve-inputs.ts';
import { formatCount } from '../../shared/wording/format.ts';
import { agreeToCost, foreseeAndAnnounce, openAsk, readBalance } from '../agree-to-cost.ts';
import { dryRun } from '../dry-run.ts';
import { enqueueSource, sourceBatchName } from '../enqueue-source.ts';
import { exitCodes } from '../exit-codes.ts';
import { withInterrupt } from '../interrupt.ts';
import { showInvalidLines } from '../invalid-lines.ts';
import { modelOf } from '../model-of.ts';
import { openWhenTaken } from '../open-when-taken.ts';
import { openProgress } from '../progress.ts';
import { sayStandstill } from '../say-standstill.ts';
import type { Terminal } from '../terminal.ts';
import { keptBy, type ListFlags, listCommand } from './options.ts';

const neverAborted = new AbortController().signal;

interface EnqueueFlags extends ListFlags {
  readonly source?: string;
}

export function enqueueCommand(terminal: Terminal): Command {
  return listCommand('enqueue')
    .description('Enqueue links for workers; prints how many were accepted')
    .option(
      '--source <address>',
      'instead of files: new links in a file or glob, folder:PATH, https://… or s3://… (docs/sources.md)',
    )
    .action(async (files: string[], flags: EnqueueFlags) => {
      process.exitCode = await (flags.source === undefined
        ? enqueue(files, flags, terminal)
        : enqueueFrom(flags.source, files, flags, terminal));
    });
}

async function enqueueFrom(
  address: string,
  files: readonly string[],
  flags: EnqueueFlags,
  terminal: Terminal,
): Promise<number> {
  if (files.length > 0) throw new UsageError('Use either files or --source, not both');
  if (flags.dryRun)
    throw new UsageError('--dry-run works with files only, because reading a source marks its links as seen');
  const loaded = loadConfiguration();
  const place = parseSourceAddress(address, process.cwd());
  const session = await openSession({ loaded, output: terminal, modelFiles: flags.modelFile, logTo: 'file' });
  try {
    const batch = flags.batch ?? sourceBatchName(place);
    await session.prices.freshen();
    return await enqueueSource({ ...flags, place, batch }, session, terminal);
  } finally {
    await session.close();
  }
}

async function enqueue(files: readonly string[], flags: ListFlags, terminal: Terminal): Promise<number> {
  const loaded = loadConfiguration();
  const sources = openListFiles([...files], process.stdin);
  const batch = flags.batch ?? defaultBatchName(files, new Date());
  const session = await openSession({ loaded, output: terminal, modelFiles: flags.modelFile, logTo: 'file' });
  try {
    await session.prices.freshen();
    const model = modelOf(flags, session);
    const inputs = checkShared(model, flags.set);
    if (flags.dryRun) return await dryRun({ ...flags, batch, model, inputs, sources }, session, terminal);
    await using storage = await openRelay(session);
    const { root, relay } = storage;
    const ask = flags.yes ? null : openAsk(process);
    const balance = readBalance(session.configuration, session.logger);
    const opening = openWhenTaken({ ...flags, batch, model, root, ask }, session);
    await opening.ifKnown();
    const since = await session.ledger.now();
    const progress = openProgress(terminal);
    const list = { column: flags.column, localFolder: process.cwd() };
    const keep = keptBy(flags, session.configuration.PATH_TEMPLATE);
    const request = { batch, model, inputs, sources, since, list, keep, force: flags.force };
    const invalidLines = showInvalidLines(
      { batch, dataDir: loaded.configuration.DATA_DIR, file: flags.problems },
      terminal.warn,
    );
    const { counts, interrupted } = await withInterrupt(terminal, async (signal) => ({
      counts: await enqueueLists(request, {
        ledger: session.ledger,
        openBatch: opening.open,
        locals: localVideosOf(session.configuration),
        relay,
        signal,
        ...invalidLines,
        onColumns: progress.note,
        // Unwatched it says nothing unless something is new: a crontab mails every line.
        onProgress: ({ total }) => terminal.isWatched && progress.reading(total),
      }),
      interrupted: signal.aborted,
    })).finally(invalidLines.finish);
    progress.stop();
    const { total, accepted, duplicates, alreadySaved, invalid } = counts;
    if (flags.json) terminal.json({ batch, total, accepted, duplicates, alreadySaved, invalid });
    else if (accepted + invalid > 0) terminal.print(describeCounts(batch, counts));
    if (interrupted) return exitCodes.interrupted;
    const held = await session.ledger.batch(batch);
    const ended = invalid > 0 ? exitCodes.failures : exitCodes.saved;
    const isHeld = opening.isHeld();
    if (accepted === 0 && !isHeld) return ended;
    const agreed =
      held === null ||
      (await agreeToCost(held, await foreseeAndAnnounce(held, model, session, neverAborted), {
        terminal,
        balance,
        ask: isHeld ? ask : null,
      }));
    if (!agreed) {
      terminal.warn(`Not started: the batch is paused. Resume it with  kie-batch resume ${batch}`);
      return exitCodes.interrupted;
    }
    if (isHeld) await session.ledger.startBatch(batch);
    if (!flags.json && accepted > 0) await sayStandstill(batch, session, terminal);
    return ended;
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
