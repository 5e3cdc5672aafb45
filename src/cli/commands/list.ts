/** `kie-batch list`: the batches, a line each. */
import { Command } from 'commander';
import { readOverview, type SeenBatch } from '../../producer/overview.ts';
import { totalOf, unfinished } from '../../shared/ledger/batch.ts';
import { formatCount } from '../../shared/wording/format.ts';
import { exitCodes } from '../exit-codes.ts';
import { describeHeadline } from '../status-view.ts';
import type { Terminal } from '../terminal.ts';
import { withSession } from '../with-session.ts';
import { jsonOption } from './options.ts';

export function listBatchesCommand(terminal: Terminal): Command {
  return new Command('list')
    .description('List the batches, the newest first')
    .addOption(jsonOption())
    .action((flags: { json: boolean }) =>
      withSession(terminal, async (session) => {
        const overview = await readOverview(undefined, session);
        const batches = overview.batches.toReversed();
        const headline = describeHeadline(overview);
        if (flags.json) terminal.json({ batches: batches.map(viewBatch) });
        else terminal.print(batches.length === 0 ? headline : `${describeBatches(batches)}\n${headline}`);
        process.exitCode = exitCodes.saved;
      }),
    );
}

function viewBatch(batch: SeenBatch): object {
  const { saved, failed, cancelled, held } = batch.counts;
  return {
    batch: batch.name,
    model: batch.model,
    createdAt: new Date(batch.createdAt).toISOString(),
    condition: conditionOf(batch),
    priority: batch.priority,
    total: totalOf(batch.counts),
    unfinished: unfinished(batch.counts),
    saved,
    failed,
    cancelled,
    held,
  };
}

type Condition = 'ended' | 'paused' | 'halted' | 'running' | 'no-worker' | 'vendor-pause' | 'vendor-outage';

function conditionOf({ situation }: SeenBatch): Condition {
  switch (situation.kind) {
    case 'empty':
      return 'ended';
    case 'all-paused':
    case 'batch-paused':
    case 'queue-paused':
      return 'paused';
    default:
      return situation.kind;
  }
}

function describeBatches(batches: readonly SeenBatch[]): string {
  const rows = batches.map((batch) => [
    batch.name,
    conditionOf(batch),
    new Date(batch.createdAt).toISOString().slice(0, 16).replace('T', ' '),
    ...[totalOf(batch.counts), batch.counts.saved, batch.counts.failed, unfinished(batch.counts)].map(
      formatCount,
    ),
  ]);
  const head = ['batch', 'is', 'since (UTC)', 'links', 'saved', 'failed', 'to do'];
  return alignColumns([head, ...rows]);
}

/** Words to the left, numbers to the right. */
function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column < 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
