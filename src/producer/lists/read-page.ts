/**
 * Files in which links are attributes or settings: web pages and bookmark exports (`href`), internet shortcuts (`URL=`,
 * `<string>`). A page has many other links: only those that the model accepts count, and for a model that accepts any
 * host only video files. Called by `readHeaded`.
 */
import { isVideoFile, type LinkFinder } from './links-in-text.ts';
import { type ListEntry, linkAt, problemAt } from './list-entry.ts';
import { wholeList } from './whole-list.ts';

const ADDRESS =
  /\bhref\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))|^URL=(.*)$|<string>([^<]*)<\/string>/gim;

export async function* readPage(
  chunks: AsyncIterable<Buffer>,
  find: LinkFinder,
  takesAnyHost: boolean,
): AsyncGenerator<ListEntry[]> {
  const bytes = await wholeList(chunks);
  if ('reason' in bytes) return yield [problemAt(1, '', bytes.reason)];
  const entries = entriesIn(bytes.toString(), find, takesAnyHost);
  yield entries.length > 0 ? entries : [problemAt(1, '', 'this page has no link that the model accepts')];
}

function entriesIn(text: string, find: LinkFinder, takesAnyHost: boolean): ListEntry[] {
  const entries: ListEntry[] = [];
  let line = 1;
  let counted = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const [, double, single, bare, setting, plist] = match;
    const isSetting = setting !== undefined || plist !== undefined;
    const address = double ?? single ?? bare ?? setting ?? plist ?? '';
    line += text.slice(counted, match.index).split('\n').length - 1;
    counted = match.index;
    const found = find(address);
    const isWanted = isSetting || !takesAnyHost || (found.kind === 'link' && isVideoFile(found.link));
    if (found.kind === 'link' && isWanted) entries.push(linkAt(line, found.link));
    else if (isSetting || found.kind === 'unusable' || found.kind === 'several') {
      if (isWanted || isSetting)
        entries.push(problemAt(line, address, found.kind === 'link' ? '' : found.reason));
    }
  }
  return entries;
}
