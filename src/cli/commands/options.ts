/** Options that several commands share, so that they read and behave the same everywhere. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../../app/usage-error.ts';
import type { KeptColumns } from '../../producer/kept-row.ts';
import { parseSizeBytes } from '../../shared/configuration/values.ts';
import { checkBatchName } from '../../shared/ledger/batch.ts';
import { failureReasons } from '../../shared/ledger/states.ts';
import { DEFAULT_MODEL_ID } from '../../shared/models/model-definition.ts';
import type { GivenInputs } from '../../shared/models/resolve-inputs.ts';
import { templateColumns } from '../../shared/storage/path-template.ts';
import { jsonOption } from './json-option.ts';

export { jsonOption };

export interface ListFlags {
  readonly batch?: string;
  readonly model: string;
  readonly modelFile: string[];
  readonly set: GivenInputs;
  readonly column?: string;
  readonly keepColumns?: KeptColumns;
  readonly problems?: string;
  readonly priority?: number;
  readonly maxCredits?: number;
  readonly yes: boolean;
  readonly force: boolean;
  readonly upload: boolean;
  readonly dryRun?: boolean;
  readonly json: boolean;
}

export function modelFileOption(): Option {
  return new Option('--model-file <file>', 'your own model definition (JSON, see docs/models.md); repeatable')
    .argParser((file: string, before: string[]) => [...before, file])
    .default([], 'none');
}

export function reasonOption(): Option {
  return new Option('--reason <reason>', 'only links that failed for this reason').choices(failureReasons);
}

/** An input of the model for all links; read by the definition's types in `checkShared`. */
export function setOption(): Option {
  return new Option(
    '--set <name=value>',
    'an input of the model for all links, such as prompt="…"; repeatable (see models ID)',
  )
    .argParser((text: string, before: GivenInputs) => ({ ...before, ...setInput(text) }))
    .default({}, 'none');
}

function setInput(text: string): GivenInputs {
  const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name.trim() === '') throw new InvalidArgumentError('It must look like NAME=VALUE.');
  return { [name.trim()]: value };
}

/** For commands that download; overrides the setting LIMIT_RATE. */
export function limitRateOption(): Option {
  return new Option(
    '--limit-rate <size>',
    'download limit of this process per second, such as 10MB',
  ).argParser((text) => {
    if (parseSizeBytes(text) !== null) return text;
    throw new InvalidArgumentError('It must be a size like 500KB or 10MB.');
  });
}

/** Settings that a flag overrides, as in the environment. */
export function settingsOf({ limitRate }: { readonly limitRate?: string }): Readonly<Record<string, string>> {
  return limitRate === undefined ? {} : { LIMIT_RATE: limitRate };
}

/** A command that reads lists of links. */
export function listCommand(name: string): Command {
  return new Command(name)
    .argument(
      '[files-or-links...]',
      'links, or lists of links: text, CSV, JSON, JSONL, .xlsx or .html, also .gz; - or nothing for standard input',
    )
    .option('--batch <name>', 'name of the batch (default: after the first file)', batchName)
    .option('--model <id>', 'model to run the links through', DEFAULT_MODEL_ID)
    .addOption(modelFileOption())
    .addOption(setOption())
    .option('--column <name>', 'column of a CSV, or field of JSON objects, that holds the link')
    .option(
      '--keep-columns <names>',
      'keep these columns and the line number for export and sidecar: names separated by commas, or all',
      columnNames,
    )
    .option('--problems <file>', 'write all lines without a usable link to this file, as JSONL')
    .option(
      '--priority <n>',
      'links submitted for each link of a batch with priority 1 (default: unchanged, else 1)',
      priorityOf,
    )
    .option('--max-credits <n>', 'most credits that the batch may spend in total', creditsOf)
    .option('--yes', 'start without asking', false)
    .option('--dry-run', 'show what would be accepted, refused and paid, without enqueueing', false)
    .option(
      '--upload',
      'fetch the videos and upload them to the vendor, for links that it cannot reach (private addresses need ALLOW_PRIVATE_ADDRESSES)',
      false,
    )
    .option('--force', 'process links again that were saved before: they are paid again', false)
    .addOption(jsonOption());
}

function columnNames(text: string): KeptColumns {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0)
    throw new InvalidArgumentError('It must be column names separated by commas, or all.');
  return names.length === 1 && names[0] === 'all' ? 'all' : names;
}

/** What a path template names is kept as well. */
export function keptBy(
  { keepColumns = [] }: { readonly keepColumns?: KeptColumns | undefined },
  pathTemplate: string,
): KeptColumns {
  return keepColumns === 'all' ? 'all' : [...keepColumns, ...templateColumns(pathTemplate)];
}

/** Priorities are bounded so that no batch starves. */
export function priorityOf(text: string): number {
  const value = wholeNumber(text);
  if (value <= 1000) return value;
  throw new InvalidArgumentError('It must be a whole number from 1 to 1000.');
}

export function creditsOf(text: string): number {
  if (/^\d{1,12}(\.\d{1,6})?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a number of credits, like 500.');
}

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('It must be a whole number above 0.');
}

export function oneOf<Choice extends string>(what: string, choices: readonly Choice[], text: string): Choice {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw new UsageError(`${what} must be one of ${choices.join(', ')}, not "${text}"`);
}

export function batchName(name: string): string {
  try {
    return checkBatchName(name);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}
