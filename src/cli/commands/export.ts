/** `kie-batch export`: every item of a batch, a line each, streamed. */
import { once } from 'node:events';
import { Command } from 'commander';
import { loadConfiguration } from '../../shared/configuration/configuration.ts';
import type { Item } from '../../shared/ledger/item.ts';
import { failureReasons, itemStates } from '../../shared/ledger/states.ts';
import { exitCodes } from '../exit-codes.ts';
import { exportColumns, exportRow, toCsvLine } from '../export-row.ts';
import { openSession } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { requireBatch } from '../with-session.ts';
import { jsonOption, oneOf } from './options.ts';

interface ExportFlags {
  readonly format: string;
  readonly state?: string;
  readonly reason?: string;
}

export function exportCommand(terminal: Terminal): Command {
  return new Command('export')
    .description('Print every link of a batch with what became of it')
    .argument('<batch>', 'name of a batch')
    .option('--format <format>', 'jsonl or csv', 'jsonl')
    .option('--state <state>', `only links in this state: ${itemStates.join(', ')}`)
    .option('--reason <reason>', `only links that failed for this reason: ${failureReasons.join(', ')}`)
    .addOption(jsonOption())
    .action(async (name: string, flags: ExportFlags) => {
      const format = oneOf('--format', ['jsonl', 'csv'], flags.format);
      const isWanted = filterOf(flags);
      const loaded = loadConfiguration();
      const session = await openSession({ loaded, terminal, modelFiles: [], logTo: 'file' });
      try {
        await requireBatch(name, session);
        if (format === 'csv') await write(`\uFEFF${toCsvLine(exportColumns)}\r\n`);
        for await (const page of session.ledger.items(name)) {
          const rows = page.filter(isWanted).map((item) => exportRow(item, name));
          const lines = rows.map((row) =>
            format === 'csv'
              ? `${toCsvLine(exportColumns.map((column) => row[column]))}\r\n`
              : `${JSON.stringify(row)}\n`,
          );
          await write(lines.join(''));
        }
        process.exitCode = exitCodes.saved;
      } finally {
        await session.close();
      }
    });
}

function filterOf(flags: ExportFlags): (item: Item) => boolean {
  const state = flags.state === undefined ? undefined : oneOf('--state', itemStates, flags.state);
  const reason = flags.reason === undefined ? undefined : oneOf('--reason', failureReasons, flags.reason);
  return (item) =>
    (state === undefined || item.state === state) && (reason === undefined || item.reason === reason);
}

async function write(text: string): Promise<void> {
  if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
}
