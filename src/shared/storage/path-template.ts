/**
 * Where a result is stored: a template such as `{batch}/{id}.mp4` and the facts of a result give a storage key, whose
 * ending is replaced once the bytes show the kind. Pure; the download stage calls it once for each result. Invariant:
 * whatever the facts (they come from lists and the vendor), a key stays inside the storage, is a valid name on every
 * common file system, and is never shared by two results of different items.
 */
import { createHash } from 'node:crypto';
import { MAX_SEGMENT_BYTES } from './storage-key.ts';

export interface PathFacts {
  readonly batch: string;
  /** Of the item. */
  readonly id: string;
  readonly model: string;
  /** Counts the results of a task from 1. */
  readonly index: number;
  /** Unix milliseconds; `{date}` is its day in UTC. */
  readonly at: number;
  /** Of the list's row, by name. */
  readonly columns: Readonly<Record<string, string>>;
}

export type PathTemplate = (facts: PathFacts) => string;

export const DEFAULT_PATH_TEMPLATE = '{batch}/{id}.mp4';

const FIELDS = ['batch', 'id', 'model', 'index', 'date'] as const;
type Field = (typeof FIELDS)[number];
/** A title is cut there, so that the rest of the name has room. */
const MOST_COLUMN_CHARACTERS = 80;

/** `{column:title}`: the value of that column in the list. */
const COLUMN = /^column:(?=.*\S)(.*)$/;

/** Names that Windows gives to devices, with any extension. */
const RESERVED_NAME = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])$/i;

/** Separators, wildcards, what shells and Windows refuse, and what cannot be seen. */
const UNSAFE = /[/\\:*?"<>|\p{C}\p{Zl}\p{Zp}]/gu;

/** The template as a function, or what is wrong with it. */
export function compilePathTemplate(
  template: string,
): { readonly path: PathTemplate } | { readonly problem: string } {
  const problem = problemOf(template);
  if (problem !== undefined) return { problem };
  const stem = template.slice(0, -'.mp4'.length);
  const numbered = stem.includes('{index}') ? stem : `${stem}{suffix}`;
  return {
    path: (facts) =>
      `${numbered
        .split('/')
        .map((part) => fill(part, facts))
        .join('/')}.mp4`,
  };
}

function problemOf(template: string): string | undefined {
  if (!template.endsWith('.mp4')) return 'a path template must end in .mp4';
  if (!template.includes('{id}'))
    return 'a path template must contain {id}, or results would overwrite each other';
  const unknown = [...template.matchAll(/\{([^{}]*)\}/g)].find(
    ([, name = '']) => !isField(name) && !COLUMN.test(name),
  );
  if (unknown !== undefined)
    return `${unknown[0]} is not allowed in a path template; use ${FIELDS.join(', ')} and column:NAME`;
  const literal = template.replaceAll(/\{[^{}]*\}/g, 'x');
  if (/[{}]/.test(literal)) return 'a brace in a path template is not closed';
  const bad = literal.split('/').find((segment) => safeName(segment) !== segment);
  return bad === undefined ? undefined : `${JSON.stringify(bad)} is not a valid name on every file system`;
}

function isField(name: string | undefined): name is Field {
  return FIELDS.some((field) => field === name);
}

/** Fills one segment. Each value is made safe, and then the whole segment. */
function fill(segment: string, facts: PathFacts): string {
  const values: Readonly<Record<Field | 'suffix', string>> = {
    batch: safeName(facts.batch),
    id: safeName(facts.id),
    model: safeName(facts.model),
    index: String(facts.index),
    date: new Date(facts.at).toISOString().slice(0, 10),
    suffix: facts.index > 1 ? `-${facts.index}` : '',
  };
  const filled = segment.replaceAll(/\{([^{}]+)\}/g, (_, name: string) => {
    const column = COLUMN.exec(name)?.[1];
    return column === undefined ? values[name as Field | 'suffix'] : columnValue(facts.columns, column);
  });
  return safeName(filled);
}

/** For reading only: the id distinguishes results. A row without a value still gets a name. */
function columnValue(columns: PathFacts['columns'], wanted: string): string {
  const found = Object.entries(columns).find(([name]) => columnKey(name) === columnKey(wanted));
  const readable = (found?.[1] ?? '')
    .normalize('NFC')
    .replaceAll(UNSAFE, '_')
    .replaceAll(/\s+/g, ' ')
    .slice(0, MOST_COLUMN_CHARACTERS)
    .toWellFormed()
    .replaceAll(/^[.\s-]+|(?<![.\s])[.\s]+$/g, '');
  return readable || 'none';
}

function columnKey(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, '_');
}

/** The columns that a template names. */
export function templateColumns(template: string): string[] {
  return [...template.matchAll(/\{([^{}]*)\}/g)].flatMap(([, name = '']) => COLUMN.exec(name)?.[1] ?? []);
}

/**
 * The text itself if it is a safe name, else a readable form followed by a hash of the original, so that similar texts
 * stay different.
 */
export function safeName(text: string): string {
  const readable = text
    .normalize('NFC')
    .toWellFormed()
    .replaceAll(UNSAFE, '_')
    .replace(/^[.\s-]+/, '_')
    .replace(/(?<![.\s])[.\s]+$/, '_');
  const [base = ''] = readable.split('.');
  const safe =
    readable !== '' && !RESERVED_NAME.test(base.trim()) && Buffer.byteLength(readable) <= MAX_SEGMENT_BYTES;
  if (safe && readable === text) return text;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return `${cutToBytes(readable, MAX_SEGMENT_BYTES - 14)}~${hash}`;
}

/** Cuts at a whole character. */
function cutToBytes(text: string, maxBytes: number): string {
  let cut = text;
  while (Buffer.byteLength(cut) > maxBytes)
    cut = cut
      .slice(0, -1)
      .toWellFormed()
      .replace(/\uFFFD$/, '');
  return cut;
}
