/** JSONL: a JSON value a line, blank lines between them. A broken line is one problem. Called by `readHeaded`. */
import { type ListEntry, problemAt } from './list-entry.ts';
import { type LineBlock, physicalLines } from './physical-lines.ts';
import { holdsInputs, type RowRules, rowEntry } from './row-entry.ts';

export const NO_ROW = 'is neither text nor an object';

export async function* readJsonLines(
  chunks: AsyncIterable<Buffer>,
  rules: RowRules,
): AsyncGenerator<ListEntry[]> {
  for await (const block of physicalLines(chunks)) yield blockEntries(block, rules);
}

function blockEntries({ firstLine, lines }: LineBlock, rules: RowRules): ListEntry[] {
  const entries: ListEntry[] = [];
  let number = firstLine;
  for (const line of lines) {
    if (typeof line !== 'string') entries.push(problemAt(number, line.text, line.reason));
    else if (line.trim() !== '') entries.push(lineEntry(number, line, rules));
    number += 1;
  }
  return entries;
}

function lineEntry(line: number, text: string, rules: RowRules): ListEntry {
  let value: unknown;
  try {
    value = JSON.parse(text.trim());
  } catch {
    return problemAt(line, text, 'is not valid JSON');
  }
  if (typeof value === 'string') return rowEntry({ line, text: value, cells: [value] }, undefined, rules);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return problemAt(line, text, NO_ROW);
  const given = Object.entries(value).filter(
    ([name, field]) => field !== null && isValue(name, field, rules),
  );
  const cells = given.map(([, field]) => (typeof field === 'object' ? JSON.stringify(field) : String(field)));
  const names = given.map(([name]) => name);
  return rowEntry({ line, text, cells }, names, rules);
}

/** Lists and objects are values of inputs alone: anything else would be searched for links. */
function isValue(name: string, field: unknown, { inputs }: RowRules): boolean {
  return typeof field !== 'object' || holdsInputs(name, inputs);
}
