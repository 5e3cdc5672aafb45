import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ListError } from '../../../src/producer/lists/list-error.ts';
import { MAX_LINE_BYTES } from '../../../src/producer/lists/list-source.ts';
import { readList } from '../../../src/producer/lists/read-list.ts';
import { readAll, readCut, shown, sora, sourceOf } from './read-all.ts';

const A = 'https://sora.chatgpt.com/p/s_aaaa3bd7eee88191be79d2ba7158516f';
const B = 'https://sora.chatgpt.com/p/s_bbbb3bd7eee88191be79d2ba7158516f';
const C = 'https://sora.chatgpt.com/p/s_cccc3bd7eee88191be79d2ba7158516f';
const LONG = 'a'.repeat(MAX_LINE_BYTES + 1);
const MAX_CELL = 'a'.repeat(MAX_LINE_BYTES);

interface Case {
  readonly what: string;
  readonly name: string;
  readonly content: string | Uint8Array;
  readonly entries: readonly string[];
}

function bytes(...parts: readonly (string | readonly number[])[]): Buffer {
  return Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))),
  );
}

function utf16be(text: string): Buffer {
  return Buffer.from(`\ufeff${text}`, 'utf16le').swap16();
}

const TEXT: readonly Case[] = [
  { what: 'an empty file', name: 'a.txt', content: '', entries: [] },
  { what: 'nothing but a byte-order mark', name: 'a.txt', content: '\ufeff', entries: [] },
  { what: 'nothing but blanks', name: 'a.txt', content: '\n \n\t\r\n', entries: [] },
  {
    what: 'LF, and no end of the last line',
    name: 'a.txt',
    content: `${A}\n${B}`,
    entries: [`1 ${A}`, `2 ${B}`],
  },
  { what: 'CRLF', name: 'a.txt', content: `${A}\r\n\r\n${B}\r\n`, entries: [`1 ${A}`, `3 ${B}`] },
  { what: 'lone CR', name: 'a.txt', content: `${A}\r\r${B}\r`, entries: [`1 ${A}`, `3 ${B}`] },
  {
    what: 'all ends of line mixed',
    name: 'a.txt',
    content: `${A}\r${B}\r\n\n${C}`,
    entries: [`1 ${A}`, `2 ${B}`, `4 ${C}`],
  },
  { what: 'a byte-order mark', name: 'a.txt', content: `\ufeff${A}\n`, entries: [`1 ${A}`] },
  {
    what: 'UTF-16, little end first',
    name: 'a.txt',
    content: Buffer.from(`\ufeff${A}\r\n${B}`, 'utf16le'),
    entries: [`1 ${A}`, `2 ${B}`],
  },
  {
    what: 'UTF-16, big end first',
    name: 'a.txt',
    content: utf16be(`${A}\n${B}\n`),
    entries: [`1 ${A}`, `2 ${B}`],
  },
  {
    what: 'half a character in UTF-16',
    name: 'a.txt',
    content: Buffer.from(`\ufeff${A}\ud800\n${B}`, 'utf16le'),
    entries: [`1 ${A}`, `2 ${B}`],
  },
  {
    what: 'UTF-16 without its mark',
    name: 'a.txt',
    content: Buffer.from(`${A}\n${B}`, 'utf16le'),
    entries: ['1 ! looks like UTF-16 text without a byte-order mark; save it as UTF-8'],
  },
  {
    what: 'UTF-32',
    name: 'a.txt',
    content: bytes([0xff, 0xfe, 0, 0, 0x68, 0, 0, 0]),
    entries: ['1 ! is UTF-32 text; save it as UTF-8'],
  },
  { what: 'duplicates, which stay', name: 'a.txt', content: `${A}\n${A}\n`, entries: [`1 ${A}`, `2 ${A}`] },
  {
    what: 'comments and blanks',
    name: 'a.txt',
    content: `# head\n\n${A} # one\n  # more\n${B}#two`,
    entries: [`3 ${A}`, `5 ${B}#two`],
  },
  {
    what: 'a line that is not UTF-8',
    name: 'a.txt',
    content: bytes(`${A}\n`, [0xe4, 0xf6, 0xfc], `\n${B}\n`),
    entries: [`1 ${A}`, '2 ! no link here', `3 ${B}`],
  },
  {
    what: 'a last line that is not UTF-8',
    name: 'a.txt',
    content: bytes(`${A}\n${B}`, [0xc3]),
    entries: [`1 ${A}`, `2 ${B}`],
  },
  {
    what: 'NUL inside a line',
    name: 'a.txt',
    content: `${A}\n${B}\0\n${C}`,
    entries: [`1 ${A}`, '2 ! contains NUL bytes', `3 ${C}`],
  },
  {
    what: 'a line too long',
    name: 'a.txt',
    content: `${A}\n${LONG}\r\n${B}`,
    entries: [`1 ${A}`, '2 ! is longer than 64 KiB', `3 ${B}`],
  },
  {
    what: 'a last line too long',
    name: 'a.txt',
    content: `${A}\n${LONG.repeat(5)}`,
    entries: [`1 ${A}`, '2 ! is longer than 64 KiB'],
  },
  {
    what: 'a line as long as may be',
    name: 'a.txt',
    content: `${MAX_CELL}\n${A}`,
    entries: ['1 ! no link here', `2 ${A}`],
  },
  {
    what: 'a line too long in bytes only',
    name: 'a.txt',
    content: `${'ж'.repeat(MAX_LINE_BYTES / 2 + 1)}\n${A}`,
    entries: ['1 ! is longer than 64 KiB', `2 ${A}`],
  },
  {
    what: 'lines without a link',
    name: 'a.txt',
    content: 'hello\nhttps://example.com/x',
    entries: [
      '1 ! no link here',
      '2 ! this links to another host: a link must start with https://sora.chatgpt.com/p/',
    ],
  },
];

const TABLES: readonly Case[] = [
  {
    what: 'a header of known name',
    name: 'a.csv',
    content: `id,URL\n1,${A}\n2,${B}\n`,
    entries: [`2 ${A}`, `3 ${B}`],
  },
  { what: 'a header only', name: 'a.csv', content: 'id,url\n', entries: [] },
  {
    what: 'several known names, the best first',
    name: 'a.csv',
    content: `video_url,link,url\n${A},${B},${C}\n`,
    entries: [`2 ${C}`],
  },
  { what: 'a name with a space', name: 'a.csv', content: `"Video URL",id\n${A},1\n`, entries: [`2 ${A}`] },
  { what: 'one column', name: 'a.csv', content: `link\n${A}\n\n${B}`, entries: [`2 ${A}`, `4 ${B}`] },
  {
    what: 'one column, and links with commas',
    name: 'a.csv',
    content: `link\n${A}?x=1,2\n`,
    entries: [`2 ${A}?x=1,2`],
  },
  { what: 'no header', name: 'a.csv', content: `1,${A}\n2,${B}`, entries: [`1 ${A}`, `2 ${B}`] },
  {
    what: 'a header of unknown names',
    name: 'a.csv',
    content: `id,title,address\n1,a,${A}\n2,b,${B}`,
    entries: [`2 ${A}`, `3 ${B}`],
  },
  {
    what: 'two columns of links, so that it is not plain which counts',
    name: 'a.csv',
    content: `a,b\n${A},${B}\n`,
    entries: ['2 ! two links on one line; put each on its own line, or name the column with --column'],
  },
  {
    what: 'a stray link in a remark',
    name: 'a.csv',
    content: `note,where\nx,${A}\nhttps://x.org/,${B}\ny,${C}\nz,${A}`,
    entries: [`2 ${A}`, `3 ${B}`, `4 ${C}`, `5 ${A}`],
  },
  {
    what: 'quoted cells with commas and quotes',
    name: 'a.csv',
    content: `title,url\n"a, ""b""",${A}\n"c","${B}"`,
    entries: [`2 ${A}`, `3 ${B}`],
  },
  {
    what: 'quoted cells with newlines',
    name: 'a.csv',
    content: `title,url\r\n"a\r\nb, c\r\n",${A}\r\nd,${B}\r\n`,
    entries: [`2 ${A}`, `5 ${B}`],
  },
  {
    what: 'a quote that is never closed',
    name: 'a.csv',
    content: `title,url\n"a,${A}\nb,${B}\nc,${C}`,
    entries: ['2 ! opens a quote that is never closed', `3 ${B}`, `4 ${C}`],
  },
  {
    what: 'a stray quote before a sound one',
    name: 'a.csv',
    content: `title,url\n"a,${A}\n"b",${B}\nc,${C}`,
    entries: ['2 ! opens a quote that is never closed', `3 ${B}`, `4 ${C}`],
  },
  {
    what: 'a quote closed only after more lines than a record may have',
    name: 'a.csv',
    content: `title,url\n"a,${A}\n${`b,${B}\n`.repeat(100)}c",${C}`,
    entries: [
      '2 ! opens a quote that is never closed',
      ...Array.from({ length: 100 }, (_, index) => `${index + 3} ${B}`),
      `103 ${C}`,
    ],
  },
  {
    what: 'quotes inside a cell',
    name: 'a.csv',
    content: `title,url\n5" screen,${A}\n"a"b,${B}`,
    entries: [`2 ${A}`, `3 ${B}`],
  },
  {
    what: 'semicolons',
    name: 'a.csv',
    content: `Titel;Link\n"a; b";${A}\n1,5;${B}\n`,
    entries: [`2 ${A}`, `3 ${B}`],
  },
  { what: 'a sep line', name: 'a.csv', content: `sep=;\r\nTitel;Link\r\na,b;${A}\r\n`, entries: [`3 ${A}`] },
  { what: 'a sep line with a tab', name: 'a.csv', content: `sep=\t\na\turl\n1\t${A}`, entries: [`3 ${A}`] },
  { what: 'a byte-order mark', name: 'a.csv', content: `\ufeffurl;x\n${A};1`, entries: [`2 ${A}`] },
  {
    what: 'UTF-16 with tabs, as spreadsheets write',
    name: 'a.csv',
    content: Buffer.from(`\ufeffTitle\tURL\r\nä\t${A}\r\n`, 'utf16le'),
    entries: [`2 ${A}`],
  },
  { what: 'tabs', name: 'a.tsv', content: `id\turl\n1, 2, 3\t${A}\n\t\n`, entries: [`2 ${A}`] },
  { what: 'tabs and empty first cells', name: 'a.tsv', content: `id\turl\n\t${A}\n`, entries: [`2 ${A}`] },
  {
    what: 'rows that are short, empty or long',
    name: 'a.csv',
    content: `id,url\n1\n,,\n2,\n3,${A},,\n4,a,${B}\n`,
    entries: [
      '2 ! no link in the column url',
      '4 ! no link in the column url',
      `5 ${A}`,
      '6 ! has more cells than the header has columns',
    ],
  },
  {
    what: 'a cell that is no link',
    name: 'a.csv',
    content: 'url\nhello\n',
    entries: ['2 ! no link in the column url'],
  },
  {
    what: 'white space and brackets around a cell',
    name: 'a.csv',
    content: `id, url\n1 , <${A}> \n`,
    entries: [`2 ${A}`],
  },
  {
    what: 'a line that is not UTF-8',
    name: 'a.csv',
    content: bytes('id,url\n1,', [0xff], `\n2,${A}`),
    entries: ['2 ! no link in the column url', `3 ${A}`],
  },
  {
    what: 'a line that is not UTF-8 inside quotes',
    name: 'a.csv',
    content: bytes('t,url\n"a\n', [0xff], `",${A}\nb,${B}`),
    entries: [`2 ${A}`, `4 ${B}`],
  },
  {
    what: 'a line too long',
    name: 'a.csv',
    content: `id,url\n${LONG},${A}\n2,${B}`,
    entries: ['2 ! is longer than 64 KiB', `3 ${B}`],
  },
  {
    what: 'a quoted cell too long',
    name: 'a.csv',
    content: `id,url\n"${MAX_CELL.slice(0, -9)}\n${MAX_CELL.slice(9)}",${A}\n2,${B}`,
    entries: ['2 ! opens a quote that is never closed', '3 ! is longer than 64 KiB', `4 ${B}`],
  },
  {
    what: 'comments, and rows that look like one',
    name: 'a.csv',
    content: `# mine\nid,url\n# 1,x\n#2,${A}\n#${A},2\n3,${B}`,
    entries: [
      '4 ! starts with # but holds a link; remove the # or the link',
      '5 ! starts with # but holds a link; remove the # or the link',
      `6 ${B}`,
    ],
  },
  {
    what: 'a column called #',
    name: 'a.csv',
    content: `#,url\n1,${A}\n#2,${B}`,
    entries: [`2 ${A}`, `3 ${B}`],
  },
  {
    what: 'two files joined',
    name: 'a.csv',
    content: `id,url\n1,${A}\nid,url\n1,${B}`,
    entries: [`2 ${A}`, `4 ${B}`],
  },
  {
    what: 'no link anywhere',
    name: 'a.csv',
    content: 'a,b\nc,d\n',
    entries: ['2 ! no link here'],
  },
  {
    what: 'a tab behind a quoted link',
    name: 'a.csv',
    content: `url,x\n"${A}\tb",1\n`,
    entries: [`2 ${A}`],
  },
];

const JSON_LISTS: readonly Case[] = [
  {
    what: 'an array of strings',
    name: 'a.json',
    content: `[\n"${A}",\n"${B}"\n]\n`,
    entries: [`2 ${A}`, `3 ${B}`],
  },
  { what: 'an array on one line', name: 'a.json', content: `["${A}","${B}"]`, entries: [`1 ${A}`, `1 ${B}`] },
  {
    what: 'an array of objects',
    name: 'a.json',
    content: `[{"id":1,"url":"${A}"},\n{"Link":"${B}","tags":["x"],"by":{"url":"no"}}]`,
    entries: [`1 ${A}`, `2 ${B}`],
  },
  {
    what: 'the best of several fields',
    name: 'a.json',
    content: `[{"video_url":"${A}","url":null,"link":"${B}"}]`,
    entries: [`1 ${B}`],
  },
  {
    what: 'an object around the list',
    name: 'a.json',
    content: `{"page":1,"meta":{"n":[1]},\n"links":[\n"${A}",{"url":"${B}"}]}`,
    entries: [`3 ${A}`, `3 ${B}`],
  },
  { what: 'one object that is a link', name: 'a.json', content: `{\n"url": "${A}"\n}`, entries: [`1 ${A}`] },
  { what: 'one string', name: 'a.json', content: `"${A}"`, entries: [`1 ${A}`] },
  {
    what: 'CRLF and lone CR',
    name: 'a.json',
    content: `[\r\n"${A}",\r"${B}"\r\n]`,
    entries: [`2 ${A}`, `3 ${B}`],
  },
  { what: 'a byte-order mark', name: 'a.json', content: `\ufeff["${A}"]`, entries: [`1 ${A}`] },
  {
    what: 'UTF-16',
    name: 'a.json',
    content: Buffer.from(`\ufeff["${A}",\n"${B}"]`, 'utf16le'),
    entries: [`1 ${A}`, `2 ${B}`],
  },
  { what: 'an empty list', name: 'a.json', content: '[]', entries: [] },
  {
    what: 'values that are no links',
    name: 'a.json',
    content: `[1,\ntrue,\n[["${A}"]],\n{"id":1},\n{"url":5},\n{"url":{"a":1}},\n"",\n"${B}"]`,
    entries: [
      '1 ! is neither text nor an object',
      '2 ! is neither text nor an object',
      '3 ! is neither text nor an object',
      '4 ! no link here',
      '5 ! no link in the column url',
      '6 ! no link here',
      '7 ! no link here',
      `8 ${B}`,
    ],
  },
  {
    what: 'an object with neither link nor list',
    name: 'a.json',
    content: '{"data":{"links":[]}}',
    entries: ['1 ! no link here'],
  },
  {
    what: 'escapes',
    name: 'a.json',
    content: `["${A.replaceAll('/', '\\/')}","${B}\\u0023x"]`,
    entries: [`1 ${A}`, `1 ${B}#x`],
  },
  {
    what: 'half a character in an escape',
    name: 'a.json',
    content: `["${A}\\ud800",\n"${B}"]`,
    entries: [`1 ${A}`, `2 ${B}`],
  },
  {
    what: 'bytes that are not UTF-8',
    name: 'a.json',
    content: bytes(`["${A}`, [0xff], `",\n"${B}"]`),
    entries: [`1 ${A}`, `2 ${B}`],
  },
  {
    what: 'an error of syntax',
    name: 'a.json',
    content: `["${A}",\n"${B}" x,\n"${C}"]`,
    entries: [`1 ${A}`, '2 ! is not valid JSON; the list was read up to here'],
  },
  {
    what: 'a comma too many',
    name: 'a.json',
    content: `["${A}",\n]`,
    entries: [`1 ${A}`, '2 ! is not valid JSON; the list was read up to here'],
  },
  {
    what: 'a list cut off',
    name: 'a.json',
    content: `["${A}",\n"${B}",`,
    entries: [`1 ${A}`, `2 ${B}`, '2 ! ends in the middle of the JSON'],
  },
  {
    what: 'a string cut off',
    name: 'a.json',
    content: `["${A}",\n"${B}`,
    entries: [`1 ${A}`, '2 ! ends in the middle of the JSON'],
  },
  {
    what: 'an object cut off',
    name: 'a.json',
    content: `{"links":["${A}"]`,
    entries: [`1 ${A}`, '1 ! ends in the middle of the JSON'],
  },
  {
    what: 'lists one after the other',
    name: 'a.json',
    content: `["${A}"]\n["${B}"]`,
    entries: [`1 ${A}`, `2 ${B}`],
  },
  {
    what: 'a string too long',
    name: 'a.json',
    content: `["${LONG}",\n"${A}"]`,
    entries: ['1 ! is longer than 64 KiB', `2 ${A}`],
  },
  {
    what: 'nesting without end',
    name: 'a.json',
    content: '['.repeat(100_000),
    entries: ['1 ! is neither text nor an object', '1 ! is nested too deeply; the list was read up to here'],
  },
  {
    what: 'JSON that is really JSONL',
    name: 'a.json',
    content: `{"url":"${A}"}\n{"url":\n{"url":"${B}"}\n`,
    entries: [`1 ${A}`, '2 ! is not valid JSON', `3 ${B}`],
  },
  {
    what: 'JSONL that is really JSON',
    name: 'a.jsonl',
    content: `[\n{"url":"${A}"},\n{"url":"${B}"}\n]\n`,
    entries: [`2 ${A}`, `3 ${B}`],
  },
  {
    what: 'JSONL with blank and broken lines',
    name: 'a.jsonl',
    content: `{"url":"${A}"}\n\n{"url":\n"${B}"\n7\n{"x":1}\n["${A}"]\n{"url":[]}\n{"LINK":"${C}"}`,
    entries: [
      `1 ${A}`,
      '3 ! is not valid JSON',
      `4 ${B}`,
      '5 ! is neither text nor an object',
      '6 ! no link here',
      '7 ! is neither text nor an object',
      '8 ! no link here',
      `9 ${C}`,
    ],
  },
  {
    what: 'JSONL with a byte-order mark and CRLF',
    name: 'a.jsonl',
    content: `\ufeff{"url":"${A}"}\r\n{"url":"${B}"}\r\n`,
    entries: [`1 ${A}`, `2 ${B}`],
  },
  {
    what: 'a line of JSONL that is not UTF-8',
    name: 'a.jsonl',
    content: bytes('"', [0xff], `"\n"${A}"`),
    entries: ['1 ! no link here', `2 ${A}`],
  },
  { what: 'a text list called JSON', name: 'a.json', content: `${A}\n${B}`, entries: [`1 ${A}`, `2 ${B}`] },
];

const NO_LISTS: readonly Case[] = [
  {
    what: 'a spreadsheet file',
    name: 'a.csv',
    content: bytes('PK', [3, 4, 20, 0], 'x'.repeat(300)),
    entries: ['1 ! is a damaged or too large spreadsheet; export it as CSV'],
  },
  {
    what: 'a web page',
    name: '-',
    content: '\n<!DOCTYPE html><html>',
    entries: ['1 ! this page has no link that the model accepts'],
  },
  {
    what: 'a video',
    name: 'a.txt',
    content: bytes([0, 0, 0, 24], 'ftypisom', [0, 0, 2, 0], 'isom', [0, 0, 0, 1]),
    entries: ['1 ! is not text; a list is text, CSV, JSON, JSONL, HTML or an .xlsx spreadsheet'],
  },
  {
    what: 'zeros',
    name: '-',
    content: Buffer.alloc(100_000),
    entries: ['1 ! is not text; a list is text, CSV, JSON, JSONL, HTML or an .xlsx spreadsheet'],
  },
];

const PACKED: readonly Case[] = [
  {
    what: 'a list in gzip',
    name: 'a.txt.gz',
    content: gzipSync(`${A}\n${B}\n`),
    entries: [`1 ${A}`, `2 ${B}`],
  },
  {
    what: 'a table in gzip on standard input',
    name: '-',
    content: gzipSync(`id,url\n1,${A}\n`),
    entries: [`2 ${A}`],
  },
  {
    what: 'two gzip files joined',
    name: 'a.gz',
    content: Buffer.concat([gzipSync(`${A}\n`), gzipSync(B)]),
    entries: [`1 ${A}`, `2 ${B}`],
  },
  { what: 'an empty file in gzip', name: 'a.gz', content: gzipSync(''), entries: [] },
  {
    what: 'gzip cut off',
    name: 'a.gz',
    content: gzipSync(`${A}\n${B}\n`).subarray(0, 40),
    entries: ['1 ! the gzip data is damaged or cut off; links from about here on are missing'],
  },
];

describe.each([
  ['text', TEXT],
  ['tables', TABLES],
  ['JSON', JSON_LISTS],
  ['what is no list', NO_LISTS],
])('reading %s', (_kind, cases) => {
  it.each([...cases])('$what', async ({ name, content, entries }) => {
    expect(shown(await readAll(name, content))).toEqual(entries);
  });

  it.each([...cases])('$what, byte by byte', async ({ name, content, entries }) => {
    const length = Buffer.from(content).length;
    const every = length > 10_000 ? 997 : 1;
    const cuts = Array.from({ length: Math.floor(length / every) }, (_, index) => index * every);
    expect(shown(await readCut(name, content, cuts))).toEqual(entries);
  });
});

describe('reading packed lists', () => {
  it.each([...PACKED])('$what', async ({ name, content, entries }) => {
    expect(shown(await readAll(name, content))).toEqual(entries);
  });
});

describe('options', () => {
  it('take the column asked for, whatever the case of its letters', async () => {
    const entries = await readAll('a.csv', `url,Source Page\n${A},${B}\n`, { column: 'source page' });
    expect(shown(entries)).toEqual([`2 ${B}`]);
  });

  it('refuse a column that is not there and name those that are', async () => {
    const reading = readAll('a.csv', `id,Address\n1,${A}\n`, { column: 'adress' });
    await expect(reading).rejects.toThrow(ListError);
    await expect(reading).rejects.toThrow('a.csv has no column "adress". Its columns are: "id", "Address".');
  });

  it('take the field asked for from JSON objects', async () => {
    const options = { column: 'page' };
    expect(shown(await readAll('a.json', `[{"url":"${A}","Page":"${B}"}]`, options))).toEqual([`1 ${B}`]);
    expect(shown(await readAll('a.jsonl', `{"page":"${A}"}\n{"url":"${B}"}`, options))).toEqual([
      `1 ${A}`,
      '2 ! has no field called page',
    ]);
  });

  it('read a list in the format that is asked for', async () => {
    expect(shown(await readAll('a.txt', `x\t${A}`, { format: 'tsv' }))).toEqual([`1 ${A}`]);
  });
});

describe('a list', () => {
  it('shows of a problem only what is short and safe to print', async () => {
    const [entry] = await readAll('a.txt', `evil \u001b[31m\u202e \u0007${'x'.repeat(500)}`);
    expect(entry).toMatchObject({ kind: 'problem', line: 1 });
    const text = entry?.kind === 'problem' ? entry.text : '';
    expect(text).toMatch(/^evil ·\[31m· ·x+…$/);
    expect(text.length).toBe(120);
  });

  it('is let go when the reader stops early', async () => {
    let isReleased = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.from(`${A}\n`.repeat(100));
      } finally {
        isReleased = true;
      }
    }
    for await (const entries of readList({ name: '-', chunks: endless() }, sora)) {
      expect(entries.length).toBeGreaterThan(0);
      break;
    }
    expect(isReleased).toBe(true);
  });

  it('is let go when its packed form is left early', async () => {
    let isReleased = false;
    const packed = gzipSync(`${A}\n`.repeat(50_000));
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield packed;
      } finally {
        isReleased = true;
      }
    }
    for await (const entries of readList({ name: '-', chunks: endless() }, sora)) {
      expect(entries.length).toBeGreaterThan(0);
      break;
    }
    expect(isReleased).toBe(true);
  });

  it('is read at the pace of its reader', async () => {
    let chunksTaken = 0;
    async function* counted(): AsyncGenerator<Uint8Array> {
      for (; chunksTaken < 1_000; chunksTaken += 1) yield Buffer.from(`${A}\n`.repeat(1_000));
    }
    const reading = readList({ name: '-', chunks: counted() }, sora);
    await reading.next();
    expect(chunksTaken).toBeLessThan(5);
    await reading.return(undefined);
  });

  it('says so when its source fails', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`${A}\n`);
      throw new Error('disk on fire');
    }
    const reading = readList({ name: 'a.txt', chunks: failing() }, sora);
    await expect(reading.next()).rejects.toMatchObject({
      code: 'list-read-failed',
      message: 'Reading a.txt failed: disk on fire',
    });
  });

  it('says so when the source of its packed form fails', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield gzipSync(`${A}\n`).subarray(0, 20);
      throw new Error('disk on fire');
    }
    const reading = readList({ name: 'a.gz', chunks: failing() }, sora);
    await expect(reading.next()).rejects.toMatchObject({ code: 'list-read-failed' });
  });

  it('may be of any length', async () => {
    let links = 0;
    const source = sourceOf('a.txt', `${A}\r\n`.repeat(20_000));
    for await (const entries of readList(source, sora)) links += entries.length;
    expect(links).toBe(20_000);
  });
});
