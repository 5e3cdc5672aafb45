/**
 * An item in the program, and its form in Redis. Field names there are single letters, and instants are milliseconds
 * since the item was enqueued, because a million saved links stay in memory permanently, so that no link is paid twice.
 * `npm run bench -- ledger` measures it.
 */
import type { Inputs } from '../models/input-spec.ts';
import type { UnitPrice } from '../models/price.ts';
import { type FailureReason, failureReasons, type ItemState, itemStates } from './states.ts';

export interface CostEstimate {
  /** Expected, from what such tasks have really cost. */
  readonly credits: number;
  /** By the price list or the definition alone. */
  readonly base: number;
  /** The price of one unit that `base` was made of; absent in estimates of version 0.1.0. */
  readonly per?: UnitPrice | undefined;
}

export interface Item {
  readonly id: string;
  readonly batch: string;
  /** Other batches the link was also given in. */
  readonly otherBatches: readonly string[];
  readonly model: string;
  readonly url: string;
  /** Inputs of its task other than the link and the model's defaults; usually empty. */
  readonly inputs: Inputs;
  readonly state: ItemState;
  readonly reason: FailureReason | null;
  readonly message: string | null;
  /** Oldest first; the last is the one that counts. */
  readonly taskIds: readonly string[];
  /** Create calls that counted; being throttled or halted does not. */
  readonly attempts: number;
  /** How often a create call was repeated although an earlier one may have been paid. */
  readonly possiblyPaidTwice: number;
  readonly creditsSpent: number;
  /** What the latest task costs, as its record says while it runs; 0 before that is seen. Part of `creditsSpent`. */
  readonly chargedCredits: number;
  /** The expected cost of the latest task; null if unknown. */
  readonly estimate: CostEstimate | null;
  /** Tasks that failed while the model failed all tasks: they do not count against the link. */
  readonly excusedTasks: number;
  /** Secondary tasks that may have a result: followed before the link fails or another task is paid for. */
  readonly spareTasks: readonly string[];
  /** Failed tasks that cost something all the same. */
  readonly billedFailures: number;
  readonly file: string | null;
  readonly bytes: number | null;
  readonly sha256: string | null;
  /** Unix milliseconds. */
  readonly enqueuedAt: number;
  readonly submittedAt: number | null;
  readonly completedAt: number | null;
  readonly savedAt: number | null;
  /** In `submitting`: the worker whose create call it is; null when its answer is known to be lost. */
  readonly submitter: string | null;
  /** Where the vendor keeps the video that was uploaded for it, and when that was; null once it has ended. */
  readonly upload: { readonly url: string; readonly at: number } | null;
  /** What was kept of the list's row it was given in; null for most. */
  readonly row: ItemRow | null;
}

/** The line and the columns of a link's row in its list. */
export interface ItemRow {
  readonly line: number;
  readonly columns: Readonly<Record<string, string>>;
}

/** The stored fields, in the order they are read. */
export const fields = {
  state: 's',
  batch: 'b',
  otherBatches: 'o',
  url: 'u',
  reason: 'r',
  message: 'g',
  taskIds: 't',
  attempts: 'a',
  possiblyPaidTwice: 'x',
  creditsSpent: 'c',
  chargedCredits: 'k',
  estimate: 'i',
  excusedTasks: 'j',
  spareTasks: 'S',
  billedFailures: 'y',
  file: 'f',
  bytes: 'n',
  sha256: 'h',
  enqueuedAt: 'e',
  submittedAt: 'm',
  completedAt: 'd',
  savedAt: 'v',
  submitter: 'w',
  upload: 'z',
  row: 'R',
} as const satisfies Partial<Record<keyof Item, string>>;
export type FieldName = keyof typeof fields;

/** What the record itself does not say, because it follows from the id or the batch. */
export interface ItemContext {
  readonly model: string;
  /** The link when none is stored. */
  readonly shareUrl: string | null;
  /** Where the batch's files lie, ending in `/`. */
  readonly root: string;
  readonly inputs: Inputs;
}

export const fieldNames = Object.keys(fields) as FieldName[];
const positionOf = Object.fromEntries(fieldNames.map((name, index) => [name, index])) as Record<
  FieldName,
  number
>;

/** Of a Date, Unix milliseconds. */
const latestInstant = 8.64e15;

/** @returns null when there is no such item */
export function readItem(id: string, values: readonly (Buffer | null)[], context: ItemContext): Item | null {
  const stored = (name: FieldName) => values[positionOf[name]] ?? null;
  const text = (name: FieldName) => stored(name)?.toString() ?? null;
  // What is no number was not written by us, and must not keep the rest of the batch from being read.
  const number = (name: FieldName) => {
    const value = Number(text(name) ?? Number.NaN);
    return Number.isFinite(value) ? value : null;
  };
  const since = (start: number, name: FieldName) => {
    const at = start + (number(name) ?? Number.NaN);
    return Math.abs(at) <= latestInstant ? at : null;
  };
  const enqueuedAt = since(0, 'enqueuedAt') ?? 0;
  const instant = (name: FieldName) => since(enqueuedAt, name);
  const state = wordOf(itemStates, text('state'));
  if (state === null) return null;
  const batch = text('batch') ?? '';
  return {
    id,
    batch,
    otherBatches: list(text('otherBatches')),
    model: context.model,
    url: text('url') ?? context.shareUrl ?? '',
    inputs: context.inputs,
    state,
    reason: wordOf(failureReasons, text('reason')),
    message: text('message'),
    taskIds: list(text('taskIds')),
    attempts: number('attempts') ?? 0,
    possiblyPaidTwice: number('possiblyPaidTwice') ?? 0,
    creditsSpent: number('creditsSpent') ?? 0,
    chargedCredits: number('chargedCredits') ?? 0,
    estimate: readEstimate(text('estimate')),
    excusedTasks: number('excusedTasks') ?? 0,
    spareTasks: list(text('spareTasks')),
    billedFailures: number('billedFailures') ?? 0,
    file: state === 'saved' ? (text('file') ?? usualFile(context.root, batch, id)) : null,
    bytes: number('bytes'),
    sha256: stored('sha256')?.toString('hex') ?? null,
    enqueuedAt,
    submittedAt: instant('submittedAt'),
    completedAt: instant('completedAt'),
    savedAt: instant('savedAt'),
    submitter: text('submitter'),
    upload: readUpload(text('upload')),
    row: readRow(text('row')),
  };
}

/** The default place of a file: the only one that is not stored. */
export function usualFile(root: string, batch: string, id: string): string {
  return `${root}${batch}/${id}.mp4`;
}

function wordOf<Word extends string>(words: readonly Word[], text: string | null): Word | null {
  return text === null ? null : (words.find((word) => word === text) ?? null);
}

function readUpload(text: string | null): Item['upload'] {
  const [, at, url] = /^(\d+) (.+)$/.exec(text ?? '') ?? [];
  return at === undefined || url === undefined ? null : { at: Number(at), url };
}

/** Stored as JSON: the line, then names and values in turn. */
export function packRow(row: ItemRow | null | undefined): string {
  return row ? JSON.stringify([row.line, ...Object.entries(row.columns).flat()]) : '';
}

function readRow(text: string | null): ItemRow | null {
  const [line, ...cells] = text === null ? [] : packedRow(text);
  if (typeof line !== 'number') return null;
  const columns: Record<string, string> = {};
  for (let at = 0; at + 1 < cells.length; at += 2) columns[String(cells[at])] = String(cells[at + 1]);
  return { line, columns };
}

function packedRow(text: string): readonly unknown[] {
  try {
    const packed: unknown = JSON.parse(text);
    return Array.isArray(packed) ? packed : [];
  } catch {
    return [];
  }
}

function readEstimate(text: string | null): CostEstimate | null {
  if (!text) return null;
  const [credits = '', base = credits, per, unit] = text.split(' ');
  const isComplete = per !== undefined && (unit === 'task' || unit === 'second');
  return {
    credits: Number(credits),
    base: Number(base),
    ...(isComplete ? { per: { unit, credits: Number(per) } } : {}),
  };
}

function list(text: string | null): string[] {
  return text ? text.split(',') : [];
}
