/** JSONL: a JSON value a line, blank lines between them. A broken line is one problem. Called by `readList`. */
import { valueEntry } from './json-entry.ts';
import { type ListEntry, problemAt } from './list-entry.ts';
import { type LineBlock, physicalLines } from './physical-lines.ts';

export async function* readJsonLines(
  chunks: AsyncIterable<Buffer>,
  column: string | undefined,
): AsyncGenerator<ListEntry[]> {
  for await (const block of physicalLines(chunks)) yield blockEntries(block, column);
}

function blockEntries({ firstLine, lines }: LineBlock, column: string | undefined): ListEntry[] {
  const entries: ListEntry[] = [];
  let number = firstLine;
  for (const line of lines) {
    if (typeof line !== 'string') entries.push(problemAt(number, line.text, line.reason));
    else if (line.trim() !== '') entries.push(lineEntry(number, line, column));
    number += 1;
  }
  return entries;
}

function lineEntry(number: number, line: string, column: string | undefined): ListEntry {
  let value: unknown;
  try {
    value = JSON.parse(line.trim());
  } catch {
    return problemAt(number, line, 'is not valid JSON');
  }
  return valueEntry(number, line, value, column);
}
