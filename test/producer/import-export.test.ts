/** An export taken over into another ledger: everything arrives as it was, and nothing that is not an export. */
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExportedRow } from '../../src/producer/exported-row.ts';
import { importExport } from '../../src/producer/import-export.ts';
import { removeBatch } from '../../src/producer/remove-batch.ts';
import { createBatchOperations } from '../../src/shared/ledger/batch-operations.ts';
import { createLedger, type Ledger } from '../../src/shared/ledger/ledger.ts';
import { contentId, identifyLink } from '../../src/shared/models/identify-link.ts';
import { loadModels } from '../../src/shared/models/load-models.ts';
import { shareUrlOf } from '../../src/shared/models/share-url.ts';
import { exportColumns, exportRow, toCsvLine } from '../../src/shared/wording/export-row.ts';
import { connectTestRedis, redisPrefix } from '../setup/redis.ts';
import { shareLink } from '../setup/system.ts';

const models = loadModels({ extraFiles: [] });
const sora = models.get('sora-watermark-remover');
const id = (n: number) => shareLink(n).slice(shareLink(n).lastIndexOf('/') + 1);

describe('an import', () => {
  let redis: Redis;
  beforeAll(() => {
    redis = connectTestRedis();
  });
  afterAll(async () => {
    await redis.quit();
  });

  function open() {
    const prefix = redisPrefix();
    const ledger = createLedger({ redis, prefix, shareUrl: (_model, itemId) => shareUrlOf(sora, itemId) });
    return { ledger, operations: createBatchOperations({ redis, prefix }) };
  }

  async function fill(ledger: Ledger): Promise<void> {
    await ledger.openBatch('b', { model: sora.id, root: '/videos/' });
    await ledger.enqueue(
      'b',
      Array.from({ length: 8 }, (_, n) => ({ id: id(n), url: shareLink(n) })),
    );
    await ledger.take(8);
    await ledger.move('fail', id(1), { reason: 'rejected', message: '=HYPERLINK("x"), "quoted"\nand more' });
    await ledger.move('cancel', id(2));
    for (const n of [3, 4, 5, 6, 7]) await ledger.move('beginSubmit', id(n), { stamp: ['submittedAt'] });
    await ledger.move('hold', id(4), { message: 'the answer was lost' });
    for (const n of [5, 6, 7])
      await ledger.move('recordTask', id(n), { taskId: `task-${n}`, addAttempts: 1 });
    for (const n of [6, 7])
      await ledger.move('beginDownload', id(n), { addCreditsSpent: 10, stamp: ['completedAt'] });
    await ledger.move('save', id(7), {
      addBytes: 99,
      sha256: '5e'.repeat(32),
      file: null,
      stamp: ['savedAt'],
    });
    await ledger.note(id(7), { addPossiblyPaidTwice: 1 });
  }

  async function rowsOf(ledger: Ledger) {
    const rows = [];
    for await (const page of ledger.items('b')) rows.push(...page.map((item) => exportRow(item, 'b')));
    return rows;
  }

  const texts = {
    jsonl: (rows: Awaited<ReturnType<typeof rowsOf>>) =>
      rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
    csv: (rows: Awaited<ReturnType<typeof rowsOf>>) =>
      `\uFEFF${[exportColumns, ...rows.map((row) => exportColumns.map((column) => row[column]))].map(toCsvLine).join('\r\n')}\r\n`,
  };

  async function take(text: string | Buffer, format: 'jsonl' | 'csv', into: ReturnType<typeof open>) {
    const invalid: string[] = [];
    const counts = await importExport(
      { name: 'export', chunks: chunksOf(text) },
      { format },
      {
        ...into,
        models,
        storageRoot: '/videos/',
        onInvalid: ({ line, reason }) => invalid.push(`${line}: ${reason}`),
        onProgress: () => undefined,
        signal: new AbortController().signal,
      },
    );
    return { counts, invalid };
  }

  it.each(['jsonl', 'csv'] as const)(
    'as %s brings every link in every state over as it was',
    async (format) => {
      const [old, fresh] = [open(), open()];
      await fill(old.ledger);
      const text = texts[format](await rowsOf(old.ledger));
      expect(await take(text, format, fresh)).toEqual({
        counts: { total: 8, imported: 8, known: 0, invalid: 0 },
        invalid: [],
      });
      expect(await rowsOf(fresh.ledger)).toEqual(await rowsOf(old.ledger));
      const [before, after] = [await old.ledger.batch('b'), await fresh.ledger.batch('b')];
      expect(after).toEqual(before);
      expect(await fresh.ledger.counts()).toEqual(await old.ledger.counts());
      // What waited waits, and what was under way is looked after at once.
      expect((await fresh.ledger.take(10)).ids).toEqual([id(0)]);
      expect((await fresh.ledger.overdue(10)).toSorted()).toEqual([id(3), id(5), id(6)].toSorted());
      expect(await take(text, format, fresh)).toMatchObject({ counts: { imported: 0, known: 8 } });
      expect((await fresh.ledger.batch('b'))?.counts).toEqual(before?.counts);
    },
  );

  it('counts and names what is no row of an export', async () => {
    const into = open();
    const text = ['not json', '{}', '', '[1]', '{"id":"s_1"}'].join('\n');
    const { counts, invalid } = await take(text, 'jsonl', into);
    expect(counts).toEqual({ total: 4, imported: 0, known: 0, invalid: 4 });
    expect(invalid.map((each) => each.split(':')[0])).toEqual(['1', '2', '4', '5']);
  });

  it('counts the lines of a table as an editor does, whatever its cells hold', async () => {
    const rows = [
      { ...goodRow(), message: 'one,\ntwo' },
      { ...goodRow(), state: 'done' },
    ];
    const { counts, invalid } = await take(texts.csv(rows), 'csv', open());
    expect(counts).toEqual({ total: 2, imported: 1, known: 0, invalid: 1 });
    expect(invalid).toEqual([expect.stringMatching(/^4: state/)]);
  });

  it('reads what has been packed with gzip, and says where a damaged file ends', async () => {
    const text = texts.jsonl([goodRow()]);
    expect((await take(gzipSync(text), 'jsonl', open())).counts).toMatchObject({ total: 1, imported: 1 });
    const cut = gzipSync(randomBytes(4000).toString('hex')).subarray(0, -20);
    expect((await take(cut, 'jsonl', open())).invalid.at(-1)).toMatch(/gzip data is damaged/);
  });

  it('refuses the rows of a batch that holds links for another model, and takes the others', async () => {
    const into = open();
    await into.ledger.openBatch('b', { model: 'other', root: '/' });
    const rows = [goodRow(), { ...goodRow(), batch: 'mine' }];
    const { counts, invalid } = await take(texts.jsonl(rows), 'jsonl', into);
    expect(counts).toEqual({ total: 2, imported: 1, known: 0, invalid: 1 });
    expect(invalid).toEqual([expect.stringMatching(/^1: batch "b" holds links for the model other/)]);
  });

  it('brings a link that was saved and forgotten here back as saved, whatever the export says', async () => {
    const into = open();
    await fill(into.ledger);
    await removeBatch('b', into.operations);
    expect(await into.ledger.item(id(7))).toBeNull();
    const row = { ...goodRow(), id: id(7), url: shareLink(7), batch: 'moved' };
    expect((await take(texts.jsonl([row]), 'jsonl', into)).counts).toMatchObject({ known: 1 });
    expect(await into.ledger.item(id(7))).toMatchObject({ state: 'saved', batch: 'moved' });
    expect((await into.ledger.batch('moved'))?.counts).toMatchObject({ saved: 1, queued: 0 });
  });

  it('counts what was spent against a budget that the batch is given later', async () => {
    const into = open();
    const spent = { ...goodRow(), state: 'saved', taskIds: ['t'], creditsSpent: 10 };
    await take(texts.jsonl([spent, { ...goodRow(), id: id(2), url: shareLink(2) }]), 'jsonl', into);
    await into.ledger.setBudget('b', 15, 10);
    expect(await into.ledger.take(10)).toMatchObject({ ids: [], exhausted: ['b'] });
  });

  it.each([
    ['an id of another link', { id: 's_0' }, /does not belong/],
    ['a link of another host', { url: 'https://example.com/p/s_1' }, /./],
    ['an unknown model', { model: 'other' }, /model other/],
    ['an unknown state', { state: 'done' }, /state/],
    ['a task at the vendor without an id', { state: 'processing', taskIds: [] }, /without a task id/],
    ['a batch name that leads elsewhere', { batch: '../up' }, /batch name/],
    ['a time that is none', { enqueuedAt: 'yesterday' }, /enqueuedAt/],
    ['a task id with a comma', { taskIds: ['a,b'] }, /taskIds/],
  ])('refuses a row with %s', (_what, changes, message) => {
    const row = { ...goodRow(), ...changes };
    const read = readExportedRow(row, (name) => models.list().find((model) => model.id === name) ?? null);
    expect(read.ok ? 'taken' : read.reason).toMatch(message);
  });

  it('takes files of machines and links that are uploaded, which are not paid again', async () => {
    const topaz = models.get('topaz/video-upscale');
    const inputs = { upscale_factor: '4' };
    const file = {
      id: contentId(topaz, '5e'.repeat(32), inputs),
      url: 'file://studio/clips/a%20b.mp4',
      inputs,
    };
    const link = identifyLink({ ...topaz, takesHttp: true }, 'http://nas.local/1.mp4');
    if (!link.ok) throw new Error(link.reason);
    const from = open();
    await from.ledger.openBatch('b', { model: topaz.id, root: '/videos/', upload: true });
    await from.ledger.enqueue('b', [file, link]);
    const rows = await rowsOf(from.ledger);
    const into = open();
    const { counts, invalid } = await take(texts.jsonl(rows), 'jsonl', into);
    expect(invalid).toEqual([]);
    expect(counts).toMatchObject({ imported: 2 });
    expect(await into.ledger.item(file.id)).toMatchObject({ url: file.url, inputs });
    expect(await into.ledger.uploadsLinks(['b'])).toBe(true);
    const wrong = rows.map((row) => ({ ...row, id: 's_1' }));
    expect((await take(texts.jsonl(wrong), 'jsonl', open())).counts).toMatchObject({
      imported: 0,
      invalid: 2,
    });
  });
});

function goodRow() {
  return {
    ...{
      id: id(1),
      url: shareLink(1),
      inputs: null,
      model: sora.id,
      batch: 'b',
      state: 'queued',
      reason: null,
      message: null,
    },
    ...{ taskId: null, taskIds: [], attempts: 0, creditsSpent: 0, file: null, bytes: null, sha256: null },
    ...{
      enqueuedAt: '2026-01-01T00:00:00.000Z',
      submittedAt: null,
      completedAt: null,
      savedAt: null,
      possiblyPaidTwice: 0,
      row: { line: 7, columns: { title: 'Sommer, "2"' } },
    },
  };
}

async function* chunksOf(text: string | Buffer): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100);
}
