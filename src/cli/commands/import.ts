/** `kie-batch import`: an export becomes batches of this Redis, with all that was known of each link. */
import { Command } from 'commander';
import { type ImportCounts, importExport } from '../../producer/import-export.ts';
import { openListFiles } from '../../producer/lists/open-list-files.ts';
import { systemClock } from '../../shared/clock.ts';
import { createStorage } from '../../shared/storage/create-storage.ts';
import { rootOf } from '../../shared/storage/storage-root.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatCount } from '../format.ts';
import { withInterrupt } from '../interrupt.ts';
import { showInvalidLines } from '../invalid-lines.ts';
import type { Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { operationsOf, withSession } from '../with-session.ts';
import { batchName, jsonOption, oneOf } from './options.ts';

interface ImportFlags {
  readonly batch?: string;
  readonly format?: string;
  readonly json: boolean;
}

export function importCommand(terminal: Terminal): Command {
  return new Command('import')
    .description('Take over an export of another kie-batch, to move to another Redis')
    .argument('<file>', 'what export has written, JSONL or CSV; - for standard input')
    .option('--batch <name>', 'into this batch (default: those the rows name)', batchName)
    .option('--format <format>', 'jsonl or csv (default: by the end of the file’s name, else jsonl)')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Stop the workers of the old Redis before you export, and start those of the new one after the import: paid tasks are
collected, waiting links wait. A link that is known here stays as it is, so an import can be repeated.
Exit codes: 0 everything taken over, 1 some rows were not, 130 interrupted.`,
    )
    .action((file: string, flags: ImportFlags) =>
      withSession(terminal, async (session) => {
        process.exitCode = await importFile(file, flags, session, terminal);
      }),
    );
}

async function importFile(
  file: string,
  flags: ImportFlags,
  session: Session,
  terminal: Terminal,
): Promise<number> {
  const given = flags.format ?? (file.endsWith('.csv') ? 'csv' : 'jsonl');
  const format = oneOf('--format', ['jsonl', 'csv'] as const, given);
  const [source] = openListFiles([file], process.stdin);
  if (source === undefined) return exitCodes.usage;
  const storage = await createStorage(session.configuration.STORAGE_URL, { clock: systemClock });
  const storageRoot = rootOf(storage);
  await storage.close();
  const invalidLines = showInvalidLines('import', session.configuration.DATA_DIR, terminal.say);
  const { counts, isInterrupted } = await withInterrupt(terminal, async (signal) => ({
    counts: await importExport(
      source,
      { format, batch: flags.batch },
      {
        ledger: session.ledger,
        operations: operationsOf(session),
        models: session.models,
        storageRoot,
        onInvalid: invalidLines.onInvalid,
        signal,
      },
    ),
    isInterrupted: signal.aborted,
  })).finally(invalidLines.finish);
  if (flags.json) terminal.json(counts);
  else terminal.print(describe(counts));
  if (isInterrupted) return exitCodes.interrupted;
  return counts.invalid > 0 ? exitCodes.failures : exitCodes.saved;
}

function describe({ imported, known, invalid }: ImportCounts): string {
  return `${formatCount(imported)} taken over, ${formatCount(known)} known already, ${formatCount(invalid)} invalid`;
}
