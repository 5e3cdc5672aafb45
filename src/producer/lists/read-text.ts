/** Text lists: a link a line. The shell around `parseTextLine`, called by `readList`. */
import { type ListEntry, linkAt, problemAt } from './list-entry.ts';
import { type LineBlock, physicalLines } from './physical-lines.ts';
import { parseTextLine } from './text-line.ts';

export async function* readText(chunks: AsyncIterable<Buffer>): AsyncGenerator<ListEntry[]> {
  for await (const block of physicalLines(chunks)) yield textEntries(block);
}

function textEntries({ firstLine, lines }: LineBlock): ListEntry[] {
  const entries: ListEntry[] = [];
  let number = firstLine;
  for (const line of lines) {
    const parsed = typeof line === 'string' ? parseTextLine(line) : line;
    if (parsed !== undefined) {
      if ('link' in parsed) entries.push(linkAt(number, parsed.link));
      else entries.push(problemAt(number, typeof line === 'string' ? line : line.text, parsed.reason));
    }
    number += 1;
  }
  return entries;
}
