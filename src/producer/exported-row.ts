/**
 * A row of an export that is imported: validated, because the file may have been edited or come from anywhere. Pure.
 * The opposite of export-row.ts.
 */
import { z } from 'zod';
import { checkBatchName } from '../shared/ledger/batch.ts';
import type { ImportedItem } from '../shared/ledger/batch-operations.ts';
import { failureReasons, itemStates } from '../shared/ledger/states.ts';
import { isLocalAddress } from '../shared/local-video/local-address.ts';
import { identifyLink, isHashedId } from '../shared/models/identify-link.ts';
import type { Inputs } from '../shared/models/input-spec.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { resolveInputs } from '../shared/models/resolve-inputs.ts';
import { shareUrlOf } from '../shared/models/share-url.ts';

const emptyIsNull = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === '' || value === undefined ? null : value), schema.nullable());
const amount = z.coerce.number().min(0);
const instant = z.iso.datetime().transform((text) => Date.parse(text));
/** Strings in JSONL, one cell with spaces in CSV. */
const taskIds = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(' ').filter(Boolean) : (value ?? [])),
  z.array(z.string().regex(/^[^\s,]{1,200}$/, 'has an invalid task id')).max(1000),
);

function jsonOf(value: unknown): unknown {
  if (typeof value !== 'string') return value ?? null;
  try {
    return value === '' ? null : JSON.parse(value);
  } catch {
    return value;
  }
}

const rowSchema = z.object({
  id: z.string(),
  url: z.string(),
  /** An object in JSONL, its JSON in CSV; older exports have none. */
  inputs: z.preprocess(jsonOf, z.record(z.string(), z.json()).nullable()),
  model: z.string(),
  batch: z.string(),
  state: z.enum(itemStates),
  reason: emptyIsNull(z.enum(failureReasons)),
  message: emptyIsNull(z.string().max(1000)),
  taskIds,
  attempts: amount.int(),
  creditsSpent: amount,
  file: emptyIsNull(z.string().max(4000)),
  bytes: emptyIsNull(amount.int()),
  sha256: emptyIsNull(z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256')),
  enqueuedAt: instant,
  submittedAt: emptyIsNull(instant),
  completedAt: emptyIsNull(instant),
  savedAt: emptyIsNull(instant),
  /** An object in JSONL, its JSON in CSV; older exports have none. */
  row: z
    .preprocess(
      jsonOf,
      z.object({ line: z.int().min(0), columns: z.record(z.string(), z.string().max(400)) }).nullable(),
    )
    .optional(),
  /** Older exports have none, and say it in the message. */
  possiblyPaidTwice: amount.int().optional(),
});
type Row = z.output<typeof rowSchema>;

export type ReadRow =
  | { readonly ok: true; readonly batch: string; readonly model: string; readonly item: ImportedItem }
  | { readonly ok: false; readonly reason: string };

/** The text of an export for an item without its own message. */
const paidTwiceWords = /^possibly paid twice/;

/** @param modelOf null for a model that is not known here */
export function readExportedRow(row: unknown, modelOf: (id: string) => ModelDefinition | null): ReadRow {
  const parsed = rowSchema.safeParse(row);
  if (!parsed.success) return { ok: false, reason: describe(parsed.error.issues[0]) };
  const { batch, model: modelId } = parsed.data;
  const model = modelOf(modelId);
  if (model === null) return { ok: false, reason: `the model ${modelId} is not known here` };
  const resolved = resolveInputs(model, parsed.data.inputs ?? {}, {});
  if (!resolved.ok) return { ok: false, reason: resolved.reason };
  const problem = problemOf(parsed.data, model, resolved.inputs);
  if (problem !== null) return { ok: false, reason: problem };
  return { ok: true, batch, model: modelId, item: itemOf(parsed.data, model, resolved.inputs) };
}

function problemOf(row: Row, model: ModelDefinition, inputs: Inputs): string | null {
  const objection = isLocalAddress(row.url)
    ? objectionToFile(row, model)
    : objectionToLink(row, model, inputs);
  if (objection !== null) return objection;
  if ((row.state === 'processing' || row.state === 'downloading') && row.taskIds.length === 0)
    return `${row.state} without a task id`;
  try {
    checkBatchName(row.batch);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Links of other schemes than https were given with `--upload`. */
function objectionToLink(row: Row, model: ModelDefinition, inputs: Inputs): string | null {
  const link = identifyLink({ ...model, takesHttp: model.link.share === undefined }, row.url, inputs);
  if (!link.ok) return link.reason;
  return link.id === row.id ? null : 'the id does not belong to the link and its inputs';
}

/** Its id follows from its content, which is compared before it is uploaded. */
function objectionToFile(row: Row, model: ModelDefinition): string | null {
  if (model.link.hosts !== 'any') return `${model.id} accepts links to its own pages, not files`;
  return isHashedId(row.id) ? null : 'the id is not that of a file';
}

function itemOf(row: Row, model: ModelDefinition, inputs: Inputs): ImportedItem {
  const followsFromId = shareUrlOf(model, row.id) === row.url;
  const isPaidTwice = row.message !== null && paidTwiceWords.test(row.message);
  return {
    ...row,
    inputs,
    url: followsFromId ? '' : row.url,
    message: isPaidTwice ? null : row.message,
    possiblyPaidTwice: row.possiblyPaidTwice ?? (isPaidTwice ? 1 : 0),
    row: row.row ?? null,
    submitter: null,
    upload: null,
  };
}

function describe(issue: z.core.$ZodIssue | undefined): string {
  return issue === undefined
    ? 'not a row of an export'
    : `${issue.path.join('.') || 'the row'}: ${issue.message}`;
}
