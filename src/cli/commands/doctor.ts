/** `kie-batch doctor`: what is ready, what is not, and what to do about it. */
import { styleText } from 'node:util';
import { Command } from 'commander';
import { DEFAULT_MODEL_ID } from '../../shared/models/model-definition.ts';
import type { Check, CheckVerdict } from '../doctor/check.ts';
import { examine } from '../doctor/examine.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { jsonOption, modelFileOption } from './options.ts';

const marks = {
  ok: ['✓', 'green'],
  warning: ['!', 'yellow'],
  failed: ['✗', 'red'],
  skipped: ['-', 'dim'],
} as const satisfies Record<CheckVerdict, readonly [string, Parameters<typeof styleText>[0]]>;

export function doctorCommand(terminal: Terminal): Command {
  return new Command('doctor')
    .description('Check key, credits, model, Redis, storage, callbacks and clocks; costs nothing')
    .option('--model <id>', 'model to check at the vendor', DEFAULT_MODEL_ID)
    .addOption(modelFileOption())
    .option('--test-alert', 'send a test alert to every configured webhook and mail address', false)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExit codes: 0 no check failed (there may be warnings), 1 a problem must be fixed first.',
    )
    .action(async (flags: { model: string; modelFile: string[]; testAlert: boolean; json: boolean }) => {
      const { model, modelFile: modelFiles, testAlert } = flags;
      const checks = await examine({ model, modelFiles, testAlert }, terminal);
      const isFit = checks.every(({ verdict }) => verdict !== 'failed');
      if (flags.json) terminal.json({ ok: isFit, checks });
      else terminal.print(checks.map(describeCheck).join('\n'));
      process.exitCode = isFit ? exitCodes.saved : exitCodes.failures;
    });
}

function describeCheck({ name, verdict, says, next }: Check): string {
  const [mark, style] = marks[verdict];
  const line = `${styleText(style, mark, { stream: process.stdout })} ${name}: ${says}`;
  return next === null ? line : `${line}\n    → ${next}`;
}
