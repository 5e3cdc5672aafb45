/**
 * Text lists: a link a line, with whatever words around it. A line that starts with `#` is a comment, and so is
 * what follows ` #` after a link. Called by `readHeaded`.
 */
import type { Found, LinkFinder } from './links-in-text.ts';
import { type ListEntry, linkAt, problemAt } from './list-entry.ts';
import { type LineBlock, physicalLines } from './physical-lines.ts';

export async function* readText(
  chunks: AsyncIterable<Buffer>,
  find: LinkFinder,
): AsyncGenerator<ListEntry[]> {
  for await (const block of physicalLines(chunks)) yield textEntries(block, find);
}

function textEntries({ firstLine, lines }: LineBlock, find: LinkFinder): ListEntry[] {
  const entries: ListEntry[] = [];
  let number = firstLine - 1;
  for (const line of lines) {
    number += 1;
    if (line === '') continue;
    if (typeof line !== 'string') entries.push(problemAt(number, line.text, line.reason));
    else if (!/^\s*(?:#|$)/.test(line)) {
      const found = findBeforeComment(line, find);
      entries.push(
        found.kind === 'link' ? linkAt(number, found.link) : problemAt(number, line, found.reason),
      );
    }
  }
  return entries;
}

function findBeforeComment(line: string, find: LinkFinder): Found {
  const comment = line.search(/\s#/);
  const found = comment === -1 ? undefined : find(line.slice(0, comment));
  return found === undefined || found.kind === 'none' ? find(line) : found;
}
