/** `kie-batch import`: an export becomes batches of this Redis, with all that was known of each link. */
import { Command, Option } from 'commander';
import { readStorageRoot } from '../../app/open-storage.ts';
import type { Session } from '../../app/session.ts';
import { type ImportCounts, importExport } from '../../producer/import-export.ts';
import type { ListSource } from '../../producer/lists/list-source.ts';
import { openListFiles } from '../../producer/lists/open-list-files.ts';
import { formatCount } from '../../shared/wording/format.ts';
import { exitCodes } from '../exit-codes.ts';
import { withInterrupt } from '../interrupt.ts';
import { showInvalidLines } from '../invalid-lines.ts';
import { openProgress } from '../progress.ts';
import type { Terminal } from '../terminal.ts';
import { operationsOf, withSession } from '../with-session.ts';
import { batchName, jsonOption, modelFileOption } from './options.ts';

interface ImportFlags {
  readonly batch?: string;
  readonly format?: 'jsonl' | 'csv';
  readonly modelFile: string[];
  readonly json: boolean;
}

export function importCommand(terminal: Terminal): Command {
  return new Command('import')
    .description('Import the export of another kie-batch, to move to another Redis (docs/moving.md)')
    .argument('<file>', 'an export as JSONL or CSV, also .gz; - for standard input')
    .option('--batch <name>', 'batch to import into (default: the batches in the rows)', batchName)
    .addOption(
      new Option('--format <format>', 'default: by the file name, else jsonl').choices(['jsonl', 'csv']),
    )
    .addOption(modelFileOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Stop the workers of the old Redis before you export, and start those of the new one after the import. Paid tasks are
collected, and waiting links stay queued. Known links do not change, so an import can be repeated.
Exit codes: 0 everything imported, 1 some rows were not, 130 interrupted.`,
    )
    .action((file: string, flags: ImportFlags) => importFile(file, flags, terminal));
}

async function importFile(file: string, flags: ImportFlags, terminal: Terminal): Promise<void> {
  const format = flags.format ?? (/\.csv(\.gz)?$/i.test(file) ? 'csv' : 'jsonl');
  const [source] = openListFiles([file], process.stdin);
  if (source === undefined) return;
  await withSession(
    terminal,
    async (session) => {
      const { counts, isInterrupted } = await takeOver(source, { ...flags, format }, session, terminal);
      if (flags.json) terminal.json(counts);
      else terminal.print(describe(counts));
      if (isInterrupted) process.exitCode = exitCodes.interrupted;
      else process.exitCode = counts.invalid > 0 ? exitCodes.failures : exitCodes.saved;
    },
    flags.modelFile,
  );
}

async function takeOver(
  source: ListSource,
  request: Parameters<typeof importExport>[1],
  session: Session,
  terminal: Terminal,
): Promise<{ readonly counts: ImportCounts; readonly isInterrupted: boolean }> {
  const { ledger, models, configuration } = session;
  const storageRoot = await readStorageRoot(configuration);
  const progress = openProgress(terminal);
  const { onInvalid, finish } = showInvalidLines(
    { batch: 'import', dataDir: configuration.DATA_DIR },
    terminal.warn,
  );
  const operations = operationsOf(session);
  const onProgress = (total: number) => terminal.isWatched && progress.reading(total);
  try {
    return await withInterrupt(terminal, async (signal) => {
      const deps = { ledger, operations, models, storageRoot, onInvalid, onProgress, signal };
      const counts = await importExport(source, request, deps);
      return { counts, isInterrupted: signal.aborted };
    });
  } finally {
    finish();
    progress.stop();
  }
}

function describe({ imported, known, invalid }: ImportCounts): string {
  return `${formatCount(imported)} imported, ${formatCount(known)} already known, ${formatCount(invalid)} invalid`;
}
