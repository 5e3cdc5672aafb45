/**
 * `kie-batch enqueue --source ADDRESS`: enqueues the new links of a source in a batch, once. For an ordinary crontab:
 * prints nothing if there are none.
 */
import { basename } from 'node:path';
import type { Session } from '../app/session.ts';
import { announceCost } from '../producer/announce-cost.ts';
import { defaultBatchName } from '../producer/batch-name.ts';
import type { KeptColumns } from '../producer/kept-row.ts';
import { giveBudget, openAnnounced } from '../producer/open-batch.ts';
import { openSource } from '../producer/sources/open-source.ts';
import type { SourceAddress } from '../producer/sources/source-address.ts';
import { SourceError } from '../producer/sources/source-error.ts';
import { createSourceMemory } from '../producer/sources/source-memory.ts';
import { type Taken, takeSource } from '../producer/sources/take-source.ts';
import { checkShared, type GivenInputs } from '../shared/models/resolve-inputs.ts';
import { formatCount } from '../shared/wording/format.ts';
import { keptBy } from './commands/options.ts';
import { exitCodes } from './exit-codes.ts';
import { withInterrupt } from './interrupt.ts';
import { showInvalidLines } from './invalid-lines.ts';
import { modelOf } from './model-of.ts';
import { openProgress } from './progress.ts';
import { sayStandstill } from './say-standstill.ts';
import type { Terminal } from './terminal.ts';
import { withSources } from './with-sources.ts';

export interface EnqueueSourceRequest {
  readonly place: SourceAddress;
  readonly batch: string;
  readonly model: string;
  readonly set: GivenInputs;
  readonly column?: string | undefined;
  readonly keepColumns?: KeptColumns | undefined;
  readonly priority?: number | undefined;
  readonly maxCredits?: number | undefined;
  readonly force: boolean;
  readonly upload: boolean;
  /** Where every line without a link is written. */
  readonly problems?: string | undefined;
  readonly json: boolean;
}

/** The last part of a path or URL names the batch, as a file's name does. */
export function sourceBatchName(place: SourceAddress): string {
  switch (place.kind) {
    case 'files':
      return defaultBatchName([place.pattern], new Date(0));
    case 'folder':
      return defaultBatchName([place.path], new Date(0));
    case 'web': {
      const { pathname, hostname } = new URL(place.url);
      return defaultBatchName([basename(pathname) || hostname.replaceAll('.', '-')], new Date(0));
    }
    case 'bucket':
      return defaultBatchName([basename(place.key) || place.bucket.replaceAll('.', '-')], new Date(0));
    default:
      return place satisfies never;
  }
}

export async function enqueueSource(
  request: EnqueueSourceRequest,
  session: Session,
  terminal: Terminal,
): Promise<number> {
  const taken = await withInterrupt(terminal, (signal) => take(request, session, terminal, signal)).catch(
    unreachable,
  );
  if (taken instanceof SourceError) {
    terminal.warn(taken.message);
    return exitCodes.failures;
  }
  const { problems, interrupted } = taken;
  for (const { list, problem } of problems) terminal.warn(`${list}: ${problem}`);
  report(request, taken, terminal);
  if (!request.json && taken.counts.accepted > 0) await sayStandstill(request.batch, session, terminal);
  if (interrupted) return exitCodes.interrupted;
  return problems.length + taken.counts.invalid === 0 ? exitCodes.saved : exitCodes.failures;
}

function take(
  { place, batch, ...request }: EnqueueSourceRequest,
  session: Session,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Taken> {
  const { ledger, redis, prefix, configuration } = session;
  const { priority, upload, maxCredits } = request;
  const model = modelOf(request, session);
  const inputs = checkShared(model, request.set);
  const progress = openProgress(terminal);
  const invalidLines = showInvalidLines(
    { batch, dataDir: configuration.DATA_DIR, file: request.problems },
    terminal.warn,
  );
  return withSources(session, async (sources, storageRoot) => {
    const source = await openSource(place, sources);
    if ((await ledger.batch(batch)) !== null) await giveBudget({ batch, model, maxCredits }, ledger);
    const taken = await takeSource(
      {
        source,
        batch,
        model,
        inputs,
        column: request.column,
        keep: keptBy(request, configuration.PATH_TEMPLATE),
        force: request.force,
      },
      {
        ledger,
        memory: createSourceMemory({ redis, prefix, address: source.address, model: model.id }),
        openBatch: () =>
          openAnnounced({ batch, model, root: storageRoot, priority, upload, maxCredits }, session),
        ...invalidLines,
        onColumns: progress.note,
        onProgress: (links) => terminal.isWatched && progress.reading(links),
        signal,
      },
    );
    await announceCost(batch, model, session);
    return taken;
  }).finally(() => {
    invalidLines.finish();
    progress.stop();
  });
}

/** An unreachable source is not a usage error: the next call may reach it. */
function unreachable(error: unknown): SourceError {
  if (error instanceof SourceError && error.code === 'source-unreachable') return error;
  throw error;
}

function report(
  { batch, json }: EnqueueSourceRequest,
  { counts, lists, unchanged, unfinished, problems }: Taken,
  terminal: Terminal,
): void {
  const { total, accepted, duplicates, alreadySaved, invalid } = counts;
  if (json) {
    const found = { lists, unchanged, unfinished, problems };
    terminal.json({ batch, total, accepted, duplicates, alreadySaved, invalid, ...found });
  } else if (accepted + invalid > 0) {
    terminal.print(
      `${batch}: ${formatCount(accepted)} accepted, ${formatCount(duplicates)} known, ${formatCount(alreadySaved)} already saved, ${formatCount(invalid)} invalid`,
    );
  }
}
