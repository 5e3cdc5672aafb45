/** `kie-batch watch`: shows the status until the batch has ended. It does no work itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import type { Session } from '../../app/session.ts';
import { type Overview, readOverview, type SeenBatch } from '../../producer/overview.ts';
import { unfinished } from '../../shared/ledger/batch.ts';
import { exitCodes } from '../exit-codes.ts';
import { withInterrupt } from '../interrupt.ts';
import { openProgress } from '../progress.ts';
import { describeStatus, viewStatus } from '../status-view.ts';
import type { Terminal } from '../terminal.ts';
import { requireBatch, withSession } from '../with-session.ts';
import { jsonOption } from './options.ts';

const lookEveryMs = 1000;

export function watchCommand(terminal: Terminal): Command {
  return new Command('watch')
    .description('Follow a batch, or everything, until it is finished')
    .argument('[batch]', 'name of a batch')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
With --json, one object per line for each change. A worker must be running.
Exit codes: 0 everything saved, 1 some links failed, 130 stopped watching.`,
    )
    .action((name: string | undefined, flags: { json: boolean }) =>
      withSession(terminal, async (session) => {
        if (name !== undefined) await requireBatch(name, session);
        process.exitCode = await withInterrupt(
          terminal,
          (signal) => watch(name, flags, { session, terminal, signal }),
          'Stopped watching; the work continues.',
        );
      }),
    );
}

interface WatchDeps {
  readonly session: Session;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

async function watch(
  name: string | undefined,
  { json }: { readonly json: boolean },
  { session, terminal, signal }: WatchDeps,
): Promise<number> {
  const progress = json ? openJsonLines(terminal, name !== undefined) : openProgress(terminal);
  let watched: readonly string[] | undefined = name === undefined ? undefined : [name];
  let overview: Overview;
  try {
    for (;;) {
      overview = await readOverview(watched, session);
      if (watched === undefined) overview = { ...overview, batches: overview.batches.filter(isUnderWay) };
      watched ??= overview.batches.map((batch) => batch.name);
      progress.update(overview);
      if (!overview.batches.some(isUnderWay)) break;
      await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return exitCodes.interrupted;
    }
  } finally {
    progress.stop();
  }
  if (!json) terminal.print(describeEnd(overview));
  return overview.batches.every(isAllSaved) ? exitCodes.saved : exitCodes.failures;
}

function describeEnd(overview: Overview): string {
  return overview.batches.length === 0 ? 'Nothing is running.' : describeStatus(overview, true, Date.now());
}

function isUnderWay({ counts }: SeenBatch): boolean {
  return unfinished(counts) > 0;
}

function isAllSaved({ counts }: SeenBatch): boolean {
  return counts.failed + counts.cancelled + counts.held === 0;
}

function openJsonLines(terminal: Terminal, isOne: boolean) {
  let last = '';
  return {
    update(overview: Overview) {
      const view = viewStatus(overview, isOne);
      const text = JSON.stringify(view);
      if (text !== last) terminal.json(view);
      last = text;
    },
    stop: () => undefined,
  };
}
