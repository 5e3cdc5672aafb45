/** `kie-batch worker`: works on whatever is queued until it is stopped; any number of them, on any machine. */
import { Command, Option } from 'commander';
import { requireApiKey } from '../../app/api-key.ts';
import { openSession } from '../../app/session.ts';
import { loadConfiguration } from '../../shared/configuration/configuration.ts';
import { type Stage, stages } from '../../shared/jobs/catalogue.ts';
import { checkWorker } from '../check-worker.ts';
import { exitCodes } from '../exit-codes.ts';
import { untilAborted, withInterrupt } from '../interrupt.ts';
import type { Terminal } from '../terminal.ts';
import { jsonOption, limitRateOption, modelFileOption, oneOf, settingsOf } from './options.ts';

/** `status` is the contract's short word for the queue `status-check`. */
export const stageWords = {
  submit: 'submit',
  status: 'status-check',
  download: 'download',
} as const satisfies Record<string, Stage>;
const drainMs = 8000;

interface WorkerFlags {
  readonly stages: Stage[];
  readonly modelFile: string[];
  readonly limitRate?: string;
  readonly check: boolean;
  readonly json: boolean;
}

export function workerCommand(terminal: Terminal): Command {
  return new Command('worker')
    .description('Work on queued links until stopped')
    .addOption(
      new Option('--stages <list>', 'stages to work on, separated by commas: submit, status, download')
        .argParser(parseStages)
        .default([...stages], 'all three'),
    )
    .addOption(modelFileOption())
    .addOption(limitRateOption())
    .option('--check', 'only check whether a worker of this host is alive: exit code 0, else 1', false)
    .addOption(jsonOption())
    .action(async (flags: WorkerFlags) => {
      if (flags.check) return showCheck(terminal, flags.json);
      const loaded = loadConfiguration({
        ...settingsOf(flags),
        ...(flags.json ? { LOG_FORMAT: 'json' } : {}),
      });
      requireApiKey(loaded.configuration);
      const session = await openSession({
        loaded,
        output: terminal,
        modelFiles: flags.modelFile,
        logTo: 'standard-error',
        waitsForRedis: true,
      });
      try {
        const worker = await session.startWorker(flags.stages);
        session.logger.info({ stages: flags.stages }, 'Worker started');
        await withInterrupt(terminal, async (signal, onQuit) => {
          onQuit(worker.abandon);
          await untilAborted(signal);
          await worker.stop(drainMs);
        });
        session.logger.info('Worker stopped');
        process.exitCode = exitCodes.saved;
      } finally {
        await session.close();
      }
    });
}

async function showCheck(terminal: Terminal, isJson: boolean): Promise<void> {
  const check = await checkWorker();
  if (isJson) terminal.json(check);
  else terminal.print(check.message);
  process.exitCode = check.isHealthy ? exitCodes.saved : exitCodes.failures;
}

function parseStages(text: string): Stage[] {
  const words = Object.keys(stageWords) as (keyof typeof stageWords)[];
  return text.split(',').map((word) => stageWords[oneOf('--stages', words, word.trim())]);
}
