/** Lists as people have them: each kind is a row, with what is read from it. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ModelDefinition } from '../../../src/shared/models/model-definition.ts';
import { readAll, shown, sora, topaz } from './read-all.ts';
import { xlsx, zip } from './zip.ts';

const A = 'https://sora.chatgpt.com/p/s_aaaa3bd7eee88191be79d2ba7158516f';
const B = 'https://sora.chatgpt.com/p/s_bbbb3bd7eee88191be79d2ba7158516f';
const V = 'https://videos.example/a.mp4';
const W = 'https://videos.example/b.mp4';
const TWO = [`1 ${A}`, `2 ${B}`];
const latin1 = (text: string) => Buffer.from(text, 'latin1');

const sheet = (rows: string) => `<sheetData>${rows}</sheetData>`;
const text = (ref: string, value: string) => `<c r="${ref}" t="inlineStr"><is><t>${value}</t></is></c>`;

type Kind = [
  what: string,
  name: string,
  content: string | Uint8Array,
  entries: readonly string[],
  model?: ModelDefinition,
];

const KINDS: readonly Kind[] = [
  ['a link a line', 'a.txt', `${A}\n${B}\n`, TWO],
  ['Windows ends of line', 'a.txt', `${A}\r\n${B}\r\n`, TWO],
  ['UTF-16 of a Windows editor', 'a.txt', Buffer.from(`\ufeff${A}\r\n${B}`, 'utf16le'), TWO],
  ['a numbered list', 'a.txt', `1. ${A}\n2) ${B}`, TWO],
  ['a list of a note', 'a.md', `- [ ] ${A}\n- [x] <${B}>`, TWO],
  ['Markdown links', 'a.md', `* [Boats](${A})\n* [Sea](${B} "Sea")`, TWO],
  ['a Markdown table', 'a.md', `| 1 | ${A} | boats |\n| 2 | ${B} | sea |`, TWO],
  ['a quoted mail', '-', `> Look at ${A},\n>> and at ${B}!`, TWO],
  ['an array of a program', '-', `'${A}',\n'${B}',`, TWO],
  ['a WhatsApp chat', 'chat.txt', `\u200e[12.10.25, 10:32] Anna: ${A}\n[12.10.25, 10:33] Ben: (${B})`, TWO],
  ['commas at the ends of lines', '-', `${A},\n${B},`, TWO],
  ['links on one line', '-', `${A} ${B}`, ['1 ! two links on one line; put each on its own line']],
  ['links joined by a comma', '-', `${A},${B}`, ['1 ! two links on one line; put each on its own line']],
  ['addresses without https', '-', `${A.slice(8)}\nhttp://www.${B.slice(8)}`, TWO],
  ['results of a search', '-', `https://www.google.com/url?q=${encodeURIComponent(A)}&sa=U`, [`1 ${A}`]],
  ['a Windows-1252 text', 'a.txt', latin1(`Grüße: ${A}\n\x93${B}\x94`), TWO],
  ['a log', '-', `2025-10-12T10:32:01Z GET ${A} 200\n2025-10-12T10:32:02Z GET ${B} 404`, TWO],
  ['comments', 'a.txt', `# mine\n${A} # boats\n#${B}`, [`2 ${A}`]],
  ['a table with a header', 'a.csv', `id,url\n1,${A}\n2,${B}`, [`2 ${A}`, `3 ${B}`]],
  ['a table with unknown names', 'a.csv', `n,share\n1,${A}\n2,${B}`, [`2 ${A}`, `3 ${B}`]],
  ['a table without a header', 'a.csv', `1,${A},x\n2,${B},y`, TWO],
  ['a table without a name', '-', `title,share\nBoats,${A}\nSea,${B}`, [`2 ${A}`, `3 ${B}`]],
  ['a German spreadsheet', 'a.csv', latin1(`Titel;Video-Link\r\nMöwen;${A}\r\n`), [`2 ${A}`]],
  ['formulas', 'a.csv', `title,url\nBoats,"=HYPERLINK(""${A}"",""Boats"")"`, [`2 ${A}`]],
  ['links inside remarks', 'a.csv', `who,remark\nAnna,"see ${A}, please"`, [`2 ${A}`]],
  ['a page and a link', 'a.csv', `page,share\nhttps://example.com/1,${A}`, [`2 ${A}`]],
  [
    'two links in a row',
    'a.csv',
    `a,b\n${A},${B}`,
    ['2 ! two links on one line; put each on its own line, or name the column with --column'],
  ],
  ['cells copied from a spreadsheet', '-', `Boats\t${A}\nSea\t${B}`, TWO],
  ['an array of JSON', 'a.json', `["${A}",\n"${B}"]`, TWO],
  ['an answer of an API', 'a.json', `{"page":1,"items":[\n{"id":1,"permalink":"${A}"}]}`, [`2 ${A}`]],
  ['JSONL', 'a.jsonl', `{"url":"${A}"}\n{"share":"${B}"}`, TWO],
  ['gzip', 'a.txt.gz', gzipSync(`${A}\n${B}`), TWO],
  [
    'bookmarks',
    'bookmarks.html',
    `<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DT><A HREF="${A}" ADD_DATE="1">Boats</A>\n<DT><A HREF="https://example.com/">x</A>\n<DT><A HREF="${B}">Sea</A>`,
    [`2 ${A}`, `4 ${B}`],
  ],
  [
    'a web page',
    '-',
    `<html><link href="/a.css">\n<a class="x" href='${A}?a=1&amp;b=2'>Boats</a>`,
    [`2 ${A}?a=1&b=2`],
  ],
  [
    'a web page without links',
    'a.html',
    '<html><p>Hello',
    ['1 ! this page has no link that the model accepts'],
  ],
  [
    'the videos of a web page',
    'a.html',
    `<html><a href="/x">x</a><a href="https://x.example/">y</a>\n<a href="${V}">`,
    [`2 ${V}`],
    topaz,
  ],
  ['a shortcut of Windows', 'a.url', `[InternetShortcut]\r\nURL=${A}\r\nIconIndex=0\r\n`, [`2 ${A}`]],
  [
    'a shortcut of macOS',
    'a.webloc',
    `<?xml version="1.0"?>\n<!DOCTYPE plist PUBLIC "x" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n<plist><dict><key>URL</key><string>${V}</string></dict></plist>`,
    [`3 ${V}`],
    topaz,
  ],
  [
    'a spreadsheet',
    'a.xlsx',
    xlsx(
      sheet(
        `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row><row r="3"><c r="A3"><v>7</v></c><c r="C3" t="s"><v>2</v></c></row>`,
      ),
      ['<t>n</t>', '<t>url</t>', `<r><t>${A.slice(0, 20)}</t></r><r><t>${A.slice(20)}</t></r>`],
    ),
    [`3 ${A}`],
  ],
  [
    'a spreadsheet of hyperlinks',
    'a.xlsx',
    xlsx(
      `${sheet(`<row r="1">${text('A1', 'Video')}</row><row r="2">${text('A2', 'Boats')}</row><row r="3"><c r="A3"><f>HYPERLINK("${B}","Sea")</f><v>Sea</v></c></row>`)}<hyperlinks><hyperlink ref="A2" r:id="rId1"/></hyperlinks>`,
      [],
      [A],
    ),
    [`2 ${A}`, `3 ${B}`],
  ],
  [
    'another zip file',
    'a.zip',
    zip({ 'a.txt': A }),
    ['1 ! is a zip file, not an .xlsx spreadsheet; export the links as CSV'],
  ],
  ['links of any host', '-', `See ${V}.\n(${W})`, [`1 ${V}`, `2 ${W}`], topaz],
  ['links of any host with titles', '-', `${V},Boats\n${W};Sea`, [`1 ${V}`, `2 ${W}`], topaz],
  [
    'pages of the host',
    '-',
    'https://sora.chatgpt.com/explore',
    ['1 ! this is not a link to a video: a link must start with https://sora.chatgpt.com/p/'],
  ],
];

describe('a list as people have it', () => {
  it.each(KINDS.map((kind) => [...kind] as const))(
    '%s',
    async (_what, name, content, entries, model = sora) => {
      expect(shown(await readAll(name, content, {}, [], model))).toEqual(entries);
    },
  );
});

describe('a spreadsheet', () => {
  it('carries the other values of a row', async () => {
    const row = `<row r="2">${text('A2', A)}${text('B2', 'a &amp; b')}<c r="C2"><v>7</v></c></row>`;
    const content = xlsx(
      sheet(`<row r="1">${text('A1', 'url')}${text('B1', 'prompt')}${text('C1', 'n')}</row>${row}`),
    );
    const [entry] = await readAll('a.xlsx', content);
    expect(entry).toMatchObject({ link: A, line: 2, fields: { url: A, prompt: 'a & b', n: '7' } });
  });

  it('cannot fill the memory however far it unpacks', async () => {
    const bomb = zip({ 'xl/worksheets/sheet1.xml': Buffer.alloc(200 * 2 ** 20, ' ') });
    expect(bomb.length).toBeLessThan(2 ** 20);
    const entries = await readAll('a.xlsx', bomb);
    expect(shown(entries)).toEqual(['1 ! is a damaged or too large spreadsheet; export it as CSV']);
  });

  it('is one problem wherever it is cut off', async () => {
    const whole = xlsx(sheet(`<row r="1">${text('A1', A)}</row>`));
    for (let length = 4; length < whole.length; length += 7) {
      const entries = await readAll('a.xlsx', whole.subarray(0, length));
      expect(entries).toHaveLength(1);
      expect(entries[0]).toMatchObject({ kind: 'problem' });
    }
  });
});

describe('inputs of the model', () => {
  const inputs = ['prompt'];

  it('are not searched for the link', async () => {
    const entries = await readAll('a.csv', `share,Prompt\n${A},"like ${B}"\n`, { inputs });
    expect(entries).toMatchObject([{ kind: 'link', link: A, fields: { Prompt: `like ${B}` } }]);
  });

  it('are refused when they could not be decoded, since they would be paid for', async () => {
    const entries = await readAll('a.csv', latin1(`url,prompt\n${A},Möwen\n`), { inputs });
    expect(shown(entries)).toEqual(['2 ! prompt could not be decoded; save the list as UTF-8']);
  });
});
