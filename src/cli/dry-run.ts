/**
 * `--dry-run`: what `run` or `enqueue` would accept, refuse and pay. Nothing is written, and only the balance is read
 * from the vendor.
 */
import type { Session } from '../app/session.ts';
import { type EnqueueCounts, enqueueLists } from '../producer/enqueue-lists.ts';
import {
  creditsOf,
  foreseeLinks,
  type JudgedLinks,
  judgeLinks,
  type LinksToPrice,
} from '../producer/foresee-cost.ts';
import type { ListSource } from '../producer/lists/list-source.ts';
import { localVideosOf } from '../producer/local-videos.ts';
import { lookingLedger, openSample } from '../producer/looking-ledger.ts';
import { type CostForecast, estimateForecast } from '../shared/models/estimate.ts';
import type { Inputs } from '../shared/models/input-spec.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { formatCount, plural } from '../shared/wording/format.ts';
import { readBalance, withLengths } from './agree-to-cost.ts';
import { exitCodes } from './exit-codes.ts';
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
  readonly maxCredits?: number | undefined;
  readonly json: boolean;
  readonly problems?: string | undefined;
}

export async function dryRun(request: DryRun, session: Session, terminal: Terminal): Promise<number> {
  const { batch, model, inputs, sources, column, force } = request;
  const { DATA_DIR: dataDir } = session.configuration;
  const sample = openSample();
  const invalidLines = showInvalidLines({ batch, dataDir, file: request.problems }, terminal.warn);
  const { counts, outlook } = await withInterrupt(terminal, async (signal) => {
    const since = await session.ledger.now();
    const counts = await enqueueLists(
      { batch, model, inputs, sources, list: { column, localFolder: process.cwd() }, force, since },
      {
        ...invalidLines,
        locals: localVideosOf(session.configuration),
        ledger: lookingLedger(session.ledger, force, (link, what) => {
          if (what === 'new') sample.add(link);
        }),
        onColumns: terminal.say,
        onProgress: () => undefined,
        signal,
      },
    );
    return { counts, outlook: await lookAhead(sample.links(), model, session, signal) };
  }).finally(invalidLines.finish);
  await report(request, counts, outlook, session, terminal);
  return counts.total > 0 && counts.invalid === counts.total ? exitCodes.failures : exitCodes.saved;
}

interface Outlook {
  readonly forecast: CostForecast;
  readonly judged: JudgedLinks;
}

function lookAhead(
  links: LinksToPrice,
  model: ModelDefinition,
  { redis, prefix, configuration }: Session,
  signal: AbortSignal,
): Promise<Outlook> {
  return withLengths(configuration, async (lengths) => ({
    forecast: await foreseeLinks(links, model, { redis, prefix, lengths, signal }),
    judged: await judgeLinks(links.sample, model, { lengths, signal }),
  }));
}

async function report(
  { batch, model, json, maxCredits }: DryRun,
  counts: EnqueueCounts,
  { forecast, judged }: Outlook,
  session: Session,
  terminal: Terminal,
): Promise<void> {
  const { total, accepted, duplicates, alreadySaved, invalid } = counts;
  const [first] = judged.refused;
  const refused = judged.refused.length;
  if (json) {
    const found = { total, accepted, duplicates, alreadySaved, invalid };
    const credits = accepted === 0 ? 0 : creditsOf(forecast, accepted);
    const looked = { lookedAt: judged.lookedAt, wouldBeRejected: refused };
    const { basis } = forecast;
    terminal.json({ dryRun: true, batch, model: model.id, ...found, ...looked, credits, basis });
    return;
  }
  terminal.print(
    `Dry run of ${batch} with ${model.id}: ${formatCount(accepted)} would be accepted, ${formatCount(duplicates)} duplicate, ${formatCount(alreadySaved)} already saved, ${formatCount(invalid)} invalid. Nothing was enqueued.`,
  );
  if (first !== undefined)
    terminal.print(
      `Of ${plural(judged.lookedAt, 'video')} that were checked, ${formatCount(refused)} would be rejected without being paid. The first: ${first.url} ${first.reason}`,
    );
  if (accepted === 0) return;
  const balance = await readBalance(session.configuration, session.logger);
  terminal.print(
    estimateForecast(forecast, { links: accepted, balance, maxCredits: maxCredits ?? null }).text,
  );
}
