/**
 * `--dry-run`: what `run` or `enqueue` would take, refuse and pay. Everything but enqueueing; nothing is written and
 * nothing is sent to the vendor. Links whose records were removed with `remove` are counted as new.
 */
import type { Session } from '../app/session.ts';
import { type EnqueueCounts, enqueueLists } from '../producer/enqueue-lists.ts';
import type { ListSource } from '../producer/lists/list-source.ts';
import type { EnqueueAnswer, Ledger, LedgerLink } from '../shared/ledger/ledger.ts';
import type { Inputs } from '../shared/models/input-spec.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { priceOf } from '../shared/models/price.ts';
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
      { batch, model, inputs, sources, list: { column }, force, since: await session.ledger.now() },
      {
        ...invalidLines,
        ledger: onlyLooking(session.ledger, force, cost.add),
        onColumns: terminal.say,
        onProgress: () => undefined,
        signal,
      },
    ),
  ).finally(invalidLines.finish);
  report(request, counts, cost.credits(), terminal);
  return counts.total > 0 && counts.invalid === counts.total ? exitCodes.failures : exitCodes.saved;
}

/** The ledger as `enqueueLists` sees it: it says what would become of a link, and changes nothing. */
function onlyLooking(ledger: Ledger, force: boolean, onAccepted: (link: LedgerLink) => void): Ledger {
  const seen = new Set<string>();
  return {
    ...ledger,
    async enqueue(_batch, links) {
      const items = await Promise.all(links.map(({ id }) => ledger.item(id)));
      const answers = links.map((link, index): EnqueueAnswer => {
        const state = items[index]?.state;
        const isRepeated = seen.has(link.id);
        seen.add(link.id);
        const hasEnded = state === 'saved' || state === 'failed' || state === 'cancelled';
        if (!isRepeated && (state === undefined || (force && hasEnded))) {
          onAccepted(link);
          return 'accepted';
        }
        return state === 'saved' && !isRepeated ? 'already-saved' : 'duplicate';
      });
      return { at: 0, answers, savedChange: 0 };
    },
  };
}

/** The sum by the definition's price; null when a task's price cannot be told without looking at its video. */
function openCost(model: ModelDefinition) {
  let credits: number | null = 0;
  return {
    add({ inputs }: LedgerLink) {
      const price = priceOf(model, { ...model.input.defaults, ...inputs }, null);
      credits = price === null || credits === null ? null : credits + price;
    },
    credits: () => credits,
  };
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
