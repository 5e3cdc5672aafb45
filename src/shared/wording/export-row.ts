/** One item as `export` prints it: the contract's fields, in its order. Pure. */
import type { Item, ItemRow } from '../ledger/item.ts';
import type { Inputs } from '../models/input-spec.ts';

export interface ExportRow {
  readonly id: string;
  readonly url: string;
  /** Inputs of the task other than the link and the model's defaults; null: none. */
  readonly inputs: Inputs | null;
  readonly model: string;
  readonly batch: string;
  readonly state: string;
  readonly reason: string | null;
  readonly message: string | null;
  readonly taskId: string | null;
  readonly taskIds: readonly string[];
  readonly attempts: number;
  readonly creditsSpent: number;
  readonly file: string | null;
  readonly bytes: number | null;
  readonly sha256: string | null;
  readonly enqueuedAt: string | null;
  readonly submittedAt: string | null;
  readonly completedAt: string | null;
  readonly savedAt: string | null;
  /** How often a create call was repeated although an earlier one may have been paid. */
  readonly possiblyPaidTwice: number;
  /** The line of the list and the columns that were kept of it; null for nothing. */
  readonly row: ItemRow | null;
}

export const exportColumns = [
  'id',
  'url',
  'inputs',
  'model',
  'batch',
  'state',
  'reason',
  'message',
  'taskId',
  'taskIds',
  'attempts',
  'creditsSpent',
  'file',
  'bytes',
  'sha256',
  'enqueuedAt',
  'submittedAt',
  'completedAt',
  'savedAt',
  'possiblyPaidTwice',
  'row',
] as const satisfies readonly (keyof ExportRow)[];

/** @param batch the exported one, which may differ from the one of the item's file */
export function exportRow(item: Item, batch: string): ExportRow {
  return {
    id: item.id,
    url: item.url,
    inputs: Object.keys(item.inputs).length === 0 ? null : item.inputs,
    model: item.model,
    batch,
    state: item.state,
    reason: item.reason,
    message:
      item.message ??
      (item.possiblyPaidTwice > 0 ? 'possibly paid twice: an answer of the vendor was lost' : null),
    taskId: item.taskIds.at(-1) ?? null,
    taskIds: item.taskIds,
    attempts: item.attempts,
    creditsSpent: item.creditsSpent,
    file: item.file,
    bytes: item.bytes,
    sha256: item.sha256,
    enqueuedAt: isoTime(item.enqueuedAt),
    submittedAt: isoTime(item.submittedAt),
    completedAt: isoTime(item.completedAt),
    savedAt: isoTime(item.savedAt),
    possiblyPaidTwice: item.possiblyPaidTwice,
    row: item.row,
  };
}

/** A line that a spreadsheet opens correctly: quoted if needed, and never read as a formula. */
export function toCsvLine(values: readonly unknown[]): string {
  return values.map(toCsvCell).join(',');
}

function toCsvCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = cellText(value);
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  // Semicolons too: in many countries they are the separators of spreadsheets.
  return /[",;\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

function cellText(value: unknown): string {
  if (Array.isArray(value)) return value.join(' ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function isoTime(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
