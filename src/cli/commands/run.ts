/** `kie-batch run`: links in, videos out, in this process, until the batch has ended. */
import type { Command } from 'commander';
import { requireApiKey } from '../../app/api-key.ts';
import { openSession, type Session } from '../../app/session.ts';
import { defaultBatchName } from '../../producer/batch-name.ts';
import { openListFiles } from '../../producer/lists/open-list-files.ts';
import { type LoadedConfiguration, loadConfiguration } from '../../shared/configuration/configuration.ts';
import { unfinished } from '../../shared/ledger/batch.ts';
import { checkShared } from '../../shared/models/resolve-inputs.ts';
import { plural } from '../../shared/wording/format.ts';
import { openAsk, readBalance } from '../agree-to-cost.ts';
import { dryRun } from '../dry-run.ts';
import { exitCodes } from '../exit-codes.ts';
import { untilAborted, withInterrupt } from '../interrupt.ts';
import { showInvalidLines } from '../invalid-lines.ts';
import { modelOf } from '../model-of.ts';
import { openProgress } from '../progress.ts';
import { type RunEnd, runBatch } from '../run-batch.ts';
import { describeSummary, exitCodeOf, summarize } from '../summary.ts';
import type { Terminal } from '../terminal.ts';
import { requireBatch } from '../with-session.ts';
import { keptBy, type ListFlags, limitRateOption, listCommand, settingsOf } from './options.ts';

export interface RunFlags extends ListFlags {
  readonly exitOnHalt: boolean;
  readonly all: boolean;
  readonly limitRate?: string;
  /** Where relative paths in lists begin; the working directory without it. */
  readonly localFolder?: string;
  /** Carry the dashboard, the API and the callbacks in this process. */
  readonly serve: boolean;
  /** With `serve`: stay up after the end until Ctrl-C. */
  readonly staysUp?: boolean;
}

export function runCommand(terminal: Terminal): Command {
  return listCommand('run')
    .description('Enqueue links and work on this batch here until all of them are saved or failed')
    .option('--exit-on-halt', 'end with exit code 3 when the account or the model is halted', false)
    .option('--all', 'work on all batches, not only on this one', false)
    .addOption(limitRateOption())
    .option('--serve', 'also run the dashboard and the API in this process, like serve', false)
    .addHelpText(
      'after',
      `
Exit codes: 0 everything saved (now or before), 1 some links failed or lines held no link, 2 wrong usage or
configuration, 3 halted (with --exit-on-halt), 70 an internal error, 130 interrupted (everything stays queued).`,
    )
    .action(async (files: string[], flags: RunFlags) => {
      process.exitCode = await run(files, flags, loadConfiguration(settingsOf(flags)), terminal);
    });
}

export async function run(
  files: readonly string[],
  flags: RunFlags,
  loaded: LoadedConfiguration,
  terminal: Terminal,
): Promise<number> {
  requireApiKey(loaded.configuration);
  // Without a list a batch that is there is worked on.
  const isResumed = files.length === 0 && flags.batch !== undefined && process.stdin.isTTY === true;
  const sources = isResumed ? [] : openListFiles([...files], process.stdin);
  const batch = flags.batch ?? defaultBatchName(files, new Date());
  const session = await openSession({
    loaded,
    output: terminal,
    modelFiles: flags.modelFile,
    logTo: 'file',
    waitsForRedis: true,
  });
  try {
    await session.prices.freshen();
    const modelId = isResumed ? (await requireBatch(batch, session)).model : flags.model;
    const model = modelOf({ ...flags, model: modelId }, session);
    const inputs = checkShared(model, flags.set);
    if (flags.dryRun) return await dryRun({ ...flags, batch, model, inputs, sources }, session, terminal);
    await using served = flags.serve ? await serveAlong(session, terminal) : null;
    const progress = openProgress(terminal);
    const request = {
      ...flags,
      batch,
      sources,
      list: { column: flags.column, localFolder: flags.localFolder ?? process.cwd() },
      model,
      inputs,
      keep: keptBy(flags, session.configuration.PATH_TEMPLATE),
    };
    const cost = {
      ask: flags.yes ? null : openAsk(process),
      balance: readBalance(session.configuration, session.logger, terminal.warn),
    };
    const invalidLines = showInvalidLines(
      { batch, dataDir: loaded.configuration.DATA_DIR, file: flags.problems },
      terminal.warn,
    );
    const end = await withInterrupt(terminal, (signal, onQuit) =>
      runBatch(request, { session, progress, terminal, cost, signal, onQuit, invalidLines }),
    ).finally(invalidLines.finish);
    const exitCode = report(end, flags, terminal);
    if (served !== null && flags.staysUp && end.ended === 'completed') {
      terminal.say(`\nThe dashboard runs at ${served.url} until you press Ctrl-C.`);
      await withInterrupt(terminal, untilAborted);
    }
    return exitCode;
  } finally {
    await session.close();
  }
}

interface ServedAlong extends AsyncDisposable {
  readonly url: string;
}

async function serveAlong(session: Session, terminal: Terminal): Promise<ServedAlong> {
  // Loaded only if used: most runs have no server, and its parts take long to load.
  const [{ openOperatorPages }, { openServer }] = await Promise.all([
    import('../../app/operator-pages.ts'),
    import('../../app/open-server.ts'),
  ]);
  const pages = await openOperatorPages(session);
  const server = await openServer(session, { hasPages: true, pages: [pages.routes] }).catch(
    async (error: unknown) => {
      await pages.close();
      throw error;
    },
  );
  terminal.say(`Dashboard: ${server.url}`);
  return {
    url: server.url,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await pages.close();
    },
  };
}

function report(end: RunEnd, { json }: RunFlags, terminal: Terminal): number {
  if (end.ended === 'cut-off') {
    terminal.say('Interrupted while Redis is away. Rerun the command to resume.');
    return exitCodes.interrupted;
  }
  const { ended, facts } = end;
  const summary = summarize(facts);
  if (json) terminal.json(summary);
  if (ended !== 'declined') {
    for (const line of describeSummary(summary, facts.batch)) terminal.say(line);
  }
  const left = unfinished(facts.batch.counts);
  switch (ended) {
    case 'completed':
      return exitCodeOf(summary);
    case 'interrupted':
      terminal.say(`Interrupted. ${staying(left)}`);
      return exitCodes.interrupted;
    case 'halted':
      terminal.say(`Halted. ${staying(left)}`);
      return exitCodes.halted;
    case 'declined':
      terminal.say(
        `Not started. ${plural(left, 'link')} wait in a paused batch; rerun the command to be asked again.`,
      );
      return exitCodes.interrupted;
    default:
      return ended satisfies never;
  }
}

function staying(links: number): string {
  return `${plural(links, 'link')} ${links === 1 ? 'stays' : 'stay'} queued; rerun the command to resume.`;
}
