/** `kie-batch status`: where the batches stand, once. */
import { Command } from 'commander';
import { loadConfiguration } from '../../shared/configuration/configuration.ts';
import { type Halt, listHalts } from '../../shared/gate-state/halts.ts';
import { type Batch, totalOf, unfinished } from '../../shared/ledger/batch.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { formatBytes, formatCount } from '../format.ts';
import { describeHalt, viewHalt } from '../halt-text.ts';
import { openSession, type Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { jsonOption } from './options.ts';

export function statusCommand(terminal: Terminal): Command {
  return new Command('status')
    .description('Show counts and halts, of one batch or of all')
    .argument('[batch]', 'name of a batch')
    .addOption(jsonOption())
    .action(async (name: string | undefined, flags: { json: boolean }) => {
      const loaded = loadConfiguration();
      const session = await openSession({ loaded, terminal, modelFiles: [], logTo: 'file' });
      try {
        const halts = await listHalts(session.redis, loaded.configuration.QUEUE_PREFIX);
        const batches = await readBatches(name, session);
        if (flags.json) terminal.json(viewStatus(name, batches, halts));
        else terminal.print(describeStatus(batches, halts));
        process.exitCode = exitCodes.saved;
      } finally {
        await session.close();
      }
    });
}

/** @throws UsageError when there is no batch of that name */
export async function readBatches(
  name: string | undefined,
  { ledger }: Pick<Session, 'ledger'>,
): Promise<Batch[]> {
  const names = name === undefined ? await ledger.batchNames() : [name];
  const found = await Promise.all(names.map((each) => ledger.batch(each)));
  const batches = found.filter((batch) => batch !== null);
  if (name === undefined || batches.length > 0) return batches;
  const known = await ledger.batchNames();
  const hint = known.length === 0 ? 'there are none yet' : `there are: ${known.slice(-20).join(', ')}`;
  throw new UsageError(`There is no batch "${name}"; ${hint}`);
}

function viewStatus(name: string | undefined, batches: readonly Batch[], halts: readonly Halt[]): object {
  const views = batches.map(viewBatch);
  const haltViews = halts.map(viewHalt);
  return name === undefined ? { batches: views, halts: haltViews } : { ...views[0], halts: haltViews };
}

function viewBatch(batch: Batch): object {
  return {
    batch: batch.name,
    model: batch.model,
    createdAt: new Date(batch.createdAt).toISOString(),
    ended: unfinished(batch.counts) === 0,
    total: totalOf(batch.counts),
    ...batch.counts,
    failures: batch.failures,
    possiblyPaidTwice: batch.possiblyPaidTwice,
    creditsSpent: batch.creditsSpent,
    bytes: batch.bytes,
  };
}

function describeStatus(batches: readonly Batch[], halts: readonly Halt[]): string {
  const lines = halts.map((halt) => describeHalt(halt, Date.now()));
  if (batches.length === 0) lines.push('No batches yet. Begin with: kie-batch run links.txt');
  for (const batch of batches) {
    const { counts } = batch;
    const left = unfinished(counts);
    const states = Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([state, count]) => `${formatCount(count)} ${state}`);
    lines.push(`${batch.name}: ${states.join(', ') || 'empty'}${left === 0 ? ' (ended)' : ''}`);
    const failures = Object.entries(batch.failures).map(
      ([reason, count]) => `${formatCount(count)} ${reason}`,
    );
    if (failures.length > 0) lines.push(`  failed: ${failures.join(', ')}`);
    lines.push(`  ${formatCount(batch.creditsSpent)} credits spent, ${formatBytes(batch.bytes)} stored`);
  }
  return lines.join('\n');
}
