/**
 * Writes the lists the benchmark reads: the same links in each format, a record to a line, so that plain
 * `readline` over the same file is a fair measure beside it.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

interface Layout {
  readonly before?: string;
  readonly after?: string;
  readonly line: (link: string, index: number) => string;
}

const LAYOUTS: Readonly<Record<string, Layout>> = {
  'links.txt': { line: (link) => `${link}\n` },
  'links.csv': { before: 'id,title,url\n', line: (link, index) => `${index},A title,${link}\n` },
  'quoted.csv': {
    before: 'id,title,url\n',
    line: (link, index) => `${index},"Boats, no. ${index}","${link}"\n`,
  },
  'links.jsonl': { line: (link, index) => `${JSON.stringify({ id: index, url: link })}\n` },
  'links.json': {
    before: '[\n',
    line: (link, index) => `${index === 0 ? ' ' : ','}${JSON.stringify({ id: index, url: link })}\n`,
    after: ']\n',
  },
};

const LINES_PER_WRITE = 1_000;

/** The paths of the files, each with `links` links; the last one is packed. */
export async function writeLists(folder: string, links: number): Promise<string[]> {
  const paths: string[] = [];
  for (const [name, layout] of Object.entries(LAYOUTS)) {
    const path = join(folder, name);
    await pipeline(Readable.from(textOf(layout, links)), createWriteStream(path));
    paths.push(path);
  }
  const packed = join(folder, 'links.txt.gz');
  await pipeline(createReadStream(join(folder, 'links.txt')), createGzip(), createWriteStream(packed));
  return [...paths, packed];
}

function* textOf({ before = '', after = '', line }: Layout, links: number): Generator<string> {
  yield before;
  for (let start = 0; start < links; start += LINES_PER_WRITE) {
    let text = '';
    for (let index = start; index < Math.min(links, start + LINES_PER_WRITE); index += 1)
      text += line(linkOf(index), index);
    yield text;
  }
  yield after;
}

function linkOf(index: number): string {
  return `https://sora.chatgpt.com/p/s_${createHash('md5').update(String(index)).digest('hex')}`;
}
