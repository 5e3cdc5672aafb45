import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIST_FORMATS } from '../../../src/producer/lists/list-source.ts';
import { readAll, readCut } from './read-all.ts';

const link = fc.stringMatching(/^[0-9a-f]{32}$/).map((id) => `https://sora.chatgpt.com/p/s_${id}`);

const ends = fc.constantFrom('\n', '\r\n', '\r');

/** Pieces of lists, sound and broken, that meet in ways nobody would write down. */
const fragment = fc.oneof(
  link.map((text) => Buffer.from(text)),
  fc
    .constantFrom(
      ...[
        '\n',
        '\r\n',
        '\r',
        ',',
        ';',
        '\t',
        '"',
        '""',
        '#',
        ' # ',
        ' ',
        '[',
        ']',
        '{',
        '}',
        ':',
        '\\',
        '\\u00',
      ],
      ...[
        '"url"',
        '"url":',
        '{"url":"',
        '"}',
        'url,id\n',
        '<',
        '>',
        'null',
        '12',
        '-',
        'ü',
        '视频',
        '\ufeff',
        'sep=;\n',
      ],
    )
    .map((text) => Buffer.from(text)),
  fc
    .constantFrom([0xff], [0xc3], [0xff, 0xfe], [0x00], [0x1f, 0x8b, 0x08], [0x1b])
    .map((bytes) => Buffer.from(bytes)),
  fc.constantFrom(9_000, 65_530, 70_000).map((length) => Buffer.from('x'.repeat(length))),
);

const content = fc
  .array(fragment, { maxLength: 40 })
  .map((fragments) => Buffer.concat(fragments))
  // Long fragments many times over would test the machine, not the code.
  .filter((bytes) => bytes.length < 300_000);

const isUnpacked = (bytes: Buffer) => bytes[0] !== 0x1f;
const cuts = fc.array(fc.nat(300_000), { maxLength: 30 });
const names = fc.constantFrom('-', 'a.txt', 'a.csv', 'a.tsv', 'a.json', 'a.jsonl');

describe('reading any bytes', () => {
  it('gives the same entries however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(content.filter(isUnpacked), names, cuts, async (bytes, name, cutAt) => {
        expect(await readCut(name, bytes, cutAt)).toEqual(await readAll(name, bytes));
      }),
      { numRuns: 400 },
    );
  });

  it('gives the same entries byte by byte when they are few', async () => {
    const few = fc
      .array(fragment, { maxLength: 12 })
      .map((fragments) => Buffer.concat(fragments).subarray(0, 400));
    await fc.assert(
      fc.asyncProperty(few.filter(isUnpacked), names, async (bytes, name) => {
        const each = Array.from(bytes, (_, index) => index);
        expect(await readCut(name, bytes, each)).toEqual(await readAll(name, bytes));
      }),
      { numRuns: 400 },
    );
  });

  it('never fails, whatever they are', async () => {
    const format = fc.option(fc.constantFrom(...LIST_FORMATS), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3_000 }), names, format, async (bytes, name, forced) => {
        for (const entry of await readAll(name, bytes, { format: forced })) {
          expect(entry.line).toBeGreaterThan(0);
          const text = entry.kind === 'link' ? entry.link : entry.text;
          expect(text).not.toMatch(/\p{Cc}/u);
          expect(text.isWellFormed()).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('gives the same entries packed as unpacked', async () => {
    await fc.assert(
      fc.asyncProperty(content.filter(isUnpacked), names, cuts, async (bytes, name, cutAt) => {
        expect(await readAll(name, gzipSync(bytes), {}, cutAt)).toEqual(await readAll(name, bytes));
      }),
      { numRuns: 100 },
    );
  });
});

describe('reading a sound list', () => {
  const line = fc.oneof(
    { weight: 3, arbitrary: link.map((text) => ({ text, isEntry: true })) },
    fc.constantFrom('', '  ', '# a comment', '\t').map((text) => ({ text, isEntry: false })),
    fc.constantFrom('a b', 'https://x.org/ y').map((text) => ({ text, isEntry: true })),
  );

  it('accounts for every line of a text: an entry under its number, or blank, or a comment', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line), ends, cuts, async (lines, end, cutAt) => {
        const text = lines.map((one) => one.text).join(end);
        const numbers = (await readCut('a.txt', text, cutAt)).map((entry) => entry.line);
        expect(numbers).toEqual(lines.flatMap(({ isEntry }, index) => (isEntry ? [index + 1] : [])));
      }),
    );
  });

  it('accounts for every line of JSONL the same way', async () => {
    const jsonLine = fc.oneof(
      link.map((url) => JSON.stringify({ url })),
      fc.constantFrom('', '7', '{', '{"x":1}'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(jsonLine), ends, cuts, async (lines, end, cutAt) => {
        const entries = await readCut('a', lines.join(end), cutAt, { format: 'jsonl' });
        const filled = lines.flatMap((text, index) => (text === '' ? [] : [index + 1]));
        expect(entries.map((entry) => entry.line)).toEqual(filled);
      }),
    );
  });

  it('finds the link of every row of a table, whatever its other cells hold', async () => {
    const cell = fc.string({
      unit: fc.constantFrom('a', 'ü', ',', ';', '\t', '"', '\n', '\r\n', ' ', '#'),
      maxLength: 8,
    });
    const row = fc.tuple(cell, link, cell);
    await fc.assert(
      fc.asyncProperty(
        fc.array(row),
        fc.constantFrom(',', ';', '\t'),
        ends,
        cuts,
        async (rows, delimiter, end, cutAt) => {
          const table = [['before', 'url', 'after'], ...rows].map((cells) =>
            cells.map(quoted).join(delimiter),
          );
          const entries = await readCut('a.csv', table.join(end), cutAt);
          expect(entries.map((entry) => (entry.kind === 'link' ? entry.link : entry))).toEqual(
            rows.map(([, url]) => url),
          );
        },
      ),
    );
  });

  it('finds every link of a JSON document, however it is laid out', async () => {
    const value = fc.oneof(
      link,
      fc.record({ link, other: fc.jsonValue({ maxDepth: 3 }) }),
      fc.record({ title: fc.string(), Video_URL: link }),
    );
    const layout = fc.constantFrom<[string | number | undefined]>([undefined], [1], ['\t']);
    await fc.assert(
      fc.asyncProperty(
        fc.array(value),
        layout,
        fc.boolean(),
        cuts,
        async (values, [indent], isWrapped, cutAt) => {
          const document = JSON.stringify(isWrapped ? { page: 1, links: values } : values, undefined, indent);
          const entries = await readCut('a.json', document, cutAt);
          expect(entries.map((entry) => (entry.kind === 'link' ? entry.link : entry))).toEqual(
            values.map((one) => (typeof one === 'string' ? one : 'link' in one ? one.link : one.Video_URL)),
          );
        },
      ),
    );
  });
});

function quoted(cell: string): string {
  return `"${cell.replaceAll('"', '""')}"`;
}
