/** `kie-batch export`: every item of a batch, a line each, streamed. */
import { once } from 'node:events';
import { Command, Option } from 'commander';
import { openSession } from '../../app/session.ts';
import { loadConfiguration } from '../../shared/configuration/configuration.ts';
import type { Item } from '../../shared/ledger/item.ts';
import { type FailureReason, type ItemState, itemStates } from '../../shared/ledger/states.ts';
import { type ExportRow, exportColumns, exportRow, toCsvLine } from '../../shared/wording/export-row.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import {
  openVerification,
  type Verification,
  type VerifiedColumns,
  verifiedColumns,
} from '../verification.ts';
import { requireBatch } from '../with-session.ts';
import { jsonOption, reasonOption } from './options.ts';

interface ExportFlags {
  readonly format: 'jsonl' | 'csv' | 'urls';
  readonly state?: ItemState;
  readonly reason?: FailureReason;
  readonly verify: boolean;
}

export function exportCommand(terminal: Terminal): Command {
  return new Command('export')
    .description('Print every link of a batch with its state and result')
    .argument('<batch>', 'name of a batch')
    .addOption(
      new Option('--format <format>', 'urls: the links alone')
        .choices(['jsonl', 'csv', 'urls'])
        .default('jsonl'),
    )
    .addOption(new Option('--state <state>', 'only links in this state').choices(itemStates))
    .addOption(reasonOption())
    .option(
      '--verify',
      'read every saved file and compare it with its record; adds the columns verdict and finding',
      false,
    )
    .addOption(jsonOption())
    .action(async (name: string, flags: ExportFlags) => {
      const { format } = flags;
      const isWanted = filterOf(flags);
      const loaded = loadConfiguration();
      const session = await openSession({ loaded, output: terminal, modelFiles: [], logTo: 'file' });
      try {
        await requireBatch(name, session);
        await using verification = flags.verify ? await openVerification(session) : null;
        const columns = verification === null ? exportColumns : [...exportColumns, ...verifiedColumns];
        if (format === 'csv') await write(`\uFEFF${toCsvLine(columns)}\r\n`);
        // Files are read page by page: small ones, so that the first verdict does not wait for hundreds of videos.
        for await (const page of session.ledger.items(name, verification === null ? undefined : 8)) {
          const rows = await rowsOf(page.filter(isWanted), name, verification);
          const lineOf = {
            csv: (row: (typeof rows)[number]) => `${toCsvLine(columns.map((column) => row[column]))}\r\n`,
            jsonl: (row: (typeof rows)[number]) => `${JSON.stringify(row)}\n`,
            urls: ({ url }: (typeof rows)[number]) => `${url}\n`,
          }[format];
          await write(rows.map(lineOf).join(''));
        }
        process.exitCode = verification === null ? exitCodes.saved : verification.report(name, terminal);
      } finally {
        await session.close();
      }
    });
}

async function rowsOf(
  items: readonly Item[],
  batch: string,
  verification: Verification | null,
): Promise<readonly (ExportRow & Partial<VerifiedColumns>)[]> {
  if (verification === null) return items.map((item) => exportRow(item, batch));
  const verified: (ExportRow & VerifiedColumns)[] = [];
  for (const item of items)
    verified.push({ ...exportRow(item, batch), ...(await verification.verify(item)) });
  return verified;
}

function filterOf({ state, reason }: ExportFlags): (item: Item) => boolean {
  return (item) =>
    (state === undefined || item.state === state) && (reason === undefined || item.reason === reason);
}

async function write(text: string): Promise<void> {
  if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
}
