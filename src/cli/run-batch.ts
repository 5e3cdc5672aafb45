/**
 * Takes lists into a batch and works until the batch has ended: the heart of `run` and of the demo. What
 * ends it early is the caller's signal (Ctrl-C) or, where asked for, a halt; either way everything stays
 * queued and a later run goes on.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { enqueueLists, type InvalidLine } from '../producer/enqueue-lists.ts';
import type { ListOptions, ListSource } from '../producer/lists/list-source.ts';
import { readOverview } from '../producer/overview.ts';
import { stages } from '../shared/jobs/catalogue.ts';
import { type Batch, unfinished } from '../shared/ledger/batch.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { rootOf } from '../shared/storage/storage-root.ts';
import { describeHalt } from './halt-text.ts';
import type { Progress } from './progress.ts';
import type { Session } from './session.ts';
import type { RunFacts } from './summary.ts';
import { overviewDeps } from './with-session.ts';

export interface RunRequest {
  readonly batch: string;
  readonly model: ModelDefinition;
  readonly sources: readonly ListSource[];
  readonly list: ListOptions;
  readonly priority?: number | undefined;
  readonly force: boolean;
  readonly exitOnHalt: boolean;
}

export interface RunEnd {
  readonly ended: 'completed' | 'interrupted' | 'halted';
  readonly facts: RunFacts;
}

export interface RunDeps {
  readonly session: Session;
  readonly progress: Progress;
  readonly onInvalid: (line: InvalidLine) => void;
  readonly signal: AbortSignal;
}

const lookEveryMs = 200;
/** Open calls get this long to end after Ctrl-C. */
const drainMs = 8000;

export async function runBatch(request: RunRequest, deps: RunDeps): Promise<RunEnd> {
  const { session, progress, signal } = deps;
  const startedAt = performance.now();
  const worker = await session.startWorker(stages);
  try {
    await session.ledger.openBatch(request.batch, {
      model: request.model.id,
      root: rootOf(worker.storage),
      priority: request.priority,
    });
    const savedBefore = (await readBatch(request.batch, session)).counts.saved;
    const since = await session.ledger.now();
    const given = await enqueueLists(
      { ...request, since },
      {
        ledger: session.ledger,
        onInvalid: deps.onInvalid,
        signal,
        onProgress: ({ total }) => {
          worker.nudge();
          progress.reading(total);
        },
      },
    );
    const ended = await waitForEnd(request, deps);
    const batch = await readBatch(request.batch, session);
    return { ended, facts: { given, batch, savedBefore, elapsedMs: performance.now() - startedAt } };
  } finally {
    progress.stop();
    await worker.stop(drainMs);
  }
}

async function waitForEnd(
  request: RunRequest,
  { session, progress, signal }: RunDeps,
): Promise<RunEnd['ended']> {
  const told = new Set<string>();
  for (;;) {
    const overview = await readOverview([request.batch], overviewDeps(session));
    const [batch] = overview.batches;
    if (batch === undefined) return 'completed';
    progress.update(overview);
    if (unfinished(batch.counts) === 0) return 'completed';
    if (signal.aborted) return 'interrupted';
    const { halts } = overview;
    for (const halt of halts) {
      const key = `${halt.reason} ${halt.model} ${halt.since}`;
      if (!told.has(key)) progress.note(describeHalt(halt, Date.now()));
      told.add(key);
    }
    if (halts.length > 0 && request.exitOnHalt) return 'halted';
    await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
}

async function readBatch(name: string, { ledger }: Session): Promise<Batch> {
  const batch = await ledger.batch(name);
  if (batch === null) throw new Error(`batch ${name} is gone from Redis`);
  return batch;
}
