/** Lists in every format, and exports on their way back in. The first byte says under which name, and how it is cut. */
import { gzipSync } from 'node:zlib';
import { readExportedRow } from '../../src/producer/exported-row.ts';
import { readList } from '../../src/producer/lists/read-list.ts';
import { readExported } from '../../src/producer/read-exported.ts';
import { loadModels } from '../../src/shared/models/load-models.ts';
import { exportColumns, toCsvLine } from '../../src/shared/wording/export-row.ts';
import { mutated } from '../mutated.ts';
import type { Target } from '../target.ts';
import { smallXlsx } from './small-xlsx.ts';

const models = loadModels({ extraFiles: [] });
const model = models.get('sora-watermark-remover');
const names = [
  'list.txt',
  'list.csv',
  'list.tsv',
  'list.json',
  'list.jsonl',
  'list.html',
  'list.xlsx',
  'list',
];
const link = 'https://sora.chatgpt.com/p/s_68e83bd7eee88191be79d2ba7158516f';
const row = {
  id: 's_68e83bd7eee88191be79d2ba7158516f',
  url: link,
  inputs: null,
  model: 'sora-watermark-remover',
  batch: 'b',
  state: 'saved',
  reason: null,
  message: null,
  taskId: 't1',
  taskIds: ['t1'],
  attempts: 1,
  creditsSpent: 10,
  file: '/videos/b/s_68e8.mp4',
  bytes: 5,
  sha256: 'a'.repeat(64),
  enqueuedAt: '2026-01-01T00:00:00.000Z',
  submittedAt: null,
  completedAt: null,
  savedAt: '2026-01-01T00:01:00.000Z',
};
const cells = Object.fromEntries(
  Object.entries(row).map(([name, value]) => [name, Array.isArray(value) ? value.join(' ') : value]),
);
const csv = `${toCsvLine(exportColumns)}\r\n${toCsvLine(exportColumns.map((column) => Object(cells)[column]))}\r\n`;

const examples = [
  `${link}\n# comment\n\n${link} # note\n`,
  `url;prompt\n${link};"a; ""b"""\n`,
  `name\tlink\nx\t${link}\n`,
  JSON.stringify([link, { url: link, n: 1 }, { a: { video_url: link } }]),
  `${JSON.stringify({ url: link })}\n"${link}"\n`,
  `<html><body><a href="${link}">x</a><a href='${link}?a=1&amp;b=2'>y</a></body></html>`,
  `[InternetShortcut]\r\nURL=${link}\r\n`,
  `<plist><dict><key>URL</key><string>${link}</string></dict></plist>`,
  Buffer.from(`\ufeffurl\n${link}\n`, 'utf16le'),
  gzipSync(`${link}\n${link}\n`),
  smallXlsx(link),
];
const tokens = ['sep=;\n', '""', '\ufeff', 'href="', '<string>', 'URL=', 'PK\x03\x04', link, ','];

export function listTargets(): Target[] {
  const prefixed = (given: readonly (string | Buffer)[]) =>
    mutated(
      given.map((example, index) => Buffer.concat([Buffer.of(index), Buffer.from(example)])),
      tokens,
    );
  return [
    { name: 'lists', cases: prefixed(examples), run: readAsList },
    {
      name: 'exports',
      cases: prefixed([csv, `${JSON.stringify(row)}\n`, gzipSync(csv)]),
      run: readAsExport,
    },
  ];
}

async function readAsList(bytes: Buffer): Promise<void> {
  const choice = bytes[0] ?? 0;
  const source = {
    name: names[choice % names.length] ?? 'list',
    chunks: inPieces(bytes.subarray(1), choice),
  };
  let line = 0;
  for await (const entries of readList(source, model, choice > 200 ? { column: 'url' } : {})) {
    for (const entry of entries) {
      if (entry.line < line) throw new Error(`line ${entry.line} comes after line ${line}`);
      line = entry.line;
    }
  }
}

async function readAsExport(bytes: Buffer): Promise<void> {
  const choice = bytes[0] ?? 0;
  const source = { name: 'export', chunks: inPieces(bytes.subarray(1), choice) };
  for await (const lines of readExported(source, choice % 2 === 0 ? 'csv' : 'jsonl'))
    for (const line of lines)
      if ('value' in line) readExportedRow(line.value, (id) => (id === model.id ? model : null));
}

async function* inPieces(bytes: Buffer, choice: number): AsyncGenerator<Buffer> {
  const size = choice % 3 === 0 ? bytes.length || 1 : 1 + (choice % 61);
  // Not one by one where there are many: that is slow and tells nothing more.
  const step = Math.max(size, Math.ceil(bytes.length / 200));
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}
