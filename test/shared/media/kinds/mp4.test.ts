import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { uuidBox } from '../../../../src/shared/media/kinds/box-header.ts';
import { XMP_UUID } from '../../../../src/shared/media/kinds/mp4.ts';
import { createMediaWalk } from '../../../../src/shared/media/walk-media.ts';
import { disclosureOf } from '../../../worker/transfer/set-up.ts';
import { box, sampleMp4 } from '../sample-mp4.ts';
import { walk } from '../walk.ts';

const ftyp = box('ftyp', Buffer.from('isom\0\0\0\0'));
const moov = box('moov', box('mvhd', Buffer.alloc(20)));
const mdat = box('mdat', Buffer.alloc(50, 7));

function longBox(type: string, payload: Buffer): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32BE(1, 0);
  header.write(type, 4, 'latin1');
  header.writeBigUInt64BE(BigInt(16 + payload.length), 8);
  return Buffer.concat([header, payload]);
}

function openBox(type: string, payload: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, payload]);
}

test.each([
  ['with its index first', Buffer.concat([ftyp, moov, mdat])],
  ['with its index last', Buffer.concat([ftyp, mdat, moov])],
  [
    'in fragments',
    Buffer.concat([
      ftyp,
      moov,
      box('moof', box('mfhd', Buffer.alloc(8))),
      mdat,
      box('moof', box('mfhd', Buffer.alloc(8))),
    ]),
  ],
  ['with a 64-bit size', Buffer.concat([ftyp, moov, longBox('mdat', Buffer.alloc(70))])],
  [
    'with empty boxes between',
    Buffer.concat([ftyp, box('free', Buffer.alloc(0)), moov, box('free', Buffer.alloc(0)), mdat]),
  ],
])('a file %s is whole', (_, bytes) => {
  expect(walk(bytes)).toMatchObject({ kind: 'whole', facts: { kind: 'mp4', xmp: undefined } });
});

test('a last box without a size takes the rest', () => {
  const bytes = Buffer.concat([ftyp, moov, openBox('mdat', Buffer.alloc(33))]);
  expect(walk(bytes)).toMatchObject({ kind: 'whole' });
});

test.each([
  ['nothing', Buffer.alloc(0), 'is empty'],
  [
    'an HTML page',
    Buffer.from('<!doctype html><title>Just a moment...</title>'),
    'starts with "<!doctype html>',
  ],
  ['JSON', Buffer.from('{"code":500,"msg":"internal error"}'), String.raw`starts with "{\"code\":500`],
  ['XML', Buffer.from('<?xml version="1.0"?><Error>AccessDenied</Error>'), 'starts with "<?xml'],
  ['another container', box('RIFF', Buffer.alloc(90)), 'of a known kind: starts with'],
  ['zeros', Buffer.alloc(100), 'of a known kind'],
  ['no index', Buffer.concat([ftyp, mdat]), "has no 'moov' box"],
  ['no media', Buffer.concat([ftyp, moov]), 'has no media data'],
  [
    'a file cut within its media',
    Buffer.concat([ftyp, moov, mdat]).subarray(0, -1),
    "ends inside 'mdat', 1 bytes early",
  ],
  ['a file cut within a header', Buffer.concat([ftyp, mdat, moov.subarray(0, 5)]), 'ends in 5 stray bytes'],
  ['junk after the boxes', Buffer.concat([ftyp, moov, mdat, Buffer.alloc(9, 0x90)]), 'after 3 boxes'],
  [
    'a page after the boxes',
    Buffer.concat([ftyp, moov, mdat, Buffer.alloc(9000, '<p>')]),
    'behind its last box',
  ],
  ['empty media', Buffer.concat([ftyp, moov, box('mdat', Buffer.alloc(0))]), 'empty media data'],
  [
    'empty media without a size',
    Buffer.concat([ftyp, moov, openBox('mdat', Buffer.alloc(0))]),
    'empty media data',
  ],
  [
    'a box smaller than its header',
    Buffer.concat([ftyp, moov, Buffer.from('\0\0\0\x04mdat')]),
    'smaller than its own header',
  ],
])('%s is not a whole file', (_, bytes, message) => {
  const end = walk(bytes);
  expect(end).toMatchObject({ kind: 'broken', message: expect.stringContaining(message) });
});

test('a box that would pass the announced end is found by its header alone', () => {
  const bytes = Buffer.concat([ftyp, moov, mdat]);
  const early = bytes.subarray(0, ftyp.length + moov.length + 8);
  expect(walk(early, [], bytes.length - 1)).toMatchObject({
    kind: 'broken',
    message: expect.stringContaining("the 'mdat' box at"),
  });
});

function xmpBox(packet: Buffer): Buffer {
  return uuidBox(XMP_UUID, packet);
}

test('of several XMP packets the last is kept, with its place', () => {
  const last = xmpBox(Buffer.from('second'));
  const bytes = Buffer.concat([ftyp, xmpBox(Buffer.from('first')), moov, mdat, last]);
  const end = walk(bytes);
  if (end.kind !== 'whole') throw new Error(end.message);
  expect(end.facts.xmp?.packet?.toString()).toBe('second');
  expect(end.facts.xmp).toMatchObject({ at: bytes.length - last.length, bytes: last.length });
});

test('an XMP packet of many megabytes is passed over, not held', () => {
  const end = walk(Buffer.concat([ftyp, moov, mdat, xmpBox(Buffer.alloc(3_000_000))]));
  expect(end).toMatchObject({ kind: 'whole', facts: { xmp: { packet: undefined } } });
});

test('a file of nothing but XMP boxes costs no memory to speak of', async () => {
  const boxes = createMediaWalk();
  boxes.push(ftyp);
  const flood = xmpBox(Buffer.alloc(1024 * 1024 - 32));
  // What is kept is judged, not when the collector happens to run.
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const kept = () => {
    collect();
    return process.memoryUsage().arrayBuffers;
  };
  const before = kept();
  for (let count = 0; count < 200; count += 1) boxes.push(flood);
  // What was collected is freed a moment later, by a thread.
  await expect.poll(() => kept() - before).toBeLessThan(8 * 1024 * 1024);
});

test.each([
  ['zeros', Buffer.alloc(5000)],
  ['a few zeros', Buffer.alloc(3)],
  ['a line end', Buffer.from('\n')],
  ['a line', Buffer.from('\n<!-- served by cache-7, 12 ms -->\n')],
  ['a word', Buffer.from('OK\r\n')],
  ['zeros and a line', Buffer.concat([Buffer.alloc(16), Buffer.from('done\n')])],
])('%s behind a complete movie are passed over, and the label goes before them', (_, stray) => {
  const movie = Buffer.concat([ftyp, moov, mdat]);
  const end = walk(Buffer.concat([movie, stray]));
  if (end.kind !== 'whole') throw new Error(end.message);
  const [edit] = end.facts.labelEdits(disclosureOf('s_1'));
  expect(edit).toMatchObject({ at: movie.length, remove: 0 });
});

test('a box of an unknown type is not stray text', () => {
  const bytes = Buffer.concat([ftyp, moov, mdat, box('Xtra', Buffer.alloc(40, 0xfe))]);
  expect(walk(bytes)).toMatchObject({ kind: 'whole' });
});

function table(type: string, ...numbers: number[]): Buffer {
  const body = Buffer.alloc(4 + 4 * numbers.length);
  numbers.forEach((number, index) => {
    body.writeUInt32BE(number, 4 + 4 * index);
  });
  return box(type, body);
}

function movieWith(tables: readonly Buffer[]): Buffer {
  const trak = box('trak', box('mdia', box('minf', box('stbl', Buffer.concat(tables)))));
  return Buffer.concat([ftyp, mdat, box('moov', trak)]);
}

const mediaAt = ftyp.length + 8;
const runs = table('stsc', 1, 1, 5, 1);
const fiveSamples = table('stsz', 0, 5, 10, 10, 10, 10, 10);

test.each([
  ['32-bit offsets', [runs, fiveSamples, table('stco', 1, mediaAt)]],
  ['64-bit offsets', [runs, fiveSamples, table('co64', 1, 0, mediaAt)]],
  ['samples of one size', [runs, table('stsz', 10, 5), table('stco', 1, mediaAt)]],
  [
    'old QuickTime sound, whose sizes mean nothing',
    [table('stsc', 1, 1, 9999, 1), table('stsz', 1, 9999), table('stco', 1, mediaAt)],
  ],
  ['no samples', [table('stsc', 0), table('stsz', 0, 0), table('stco', 0), table('stts', 0)]],
])('tables with %s that point inside the file are fine', (_, tables) => {
  expect(walk(movieWith(tables))).toMatchObject({ kind: 'whole' });
});

test.each([
  ['a chunk', [runs, fiveSamples, table('stco', 1, 100_000)], 'points to byte 100050'],
  ['a chunk by a 64-bit offset', [runs, fiveSamples, table('co64', 1, 1, 0)], 'points to byte 42949'],
  [
    'the last samples of a chunk',
    [runs, table('stsz', 0, 5, 10, 10, 10, 10, 9000), table('stco', 1, mediaAt)],
    'points to',
  ],
  ['samples of one size', [runs, table('stsz', 90_000, 5), table('stco', 1, mediaAt)], 'points to byte'],
])('%s beyond the end is found', (_, tables, message) => {
  expect(walk(movieWith(tables))).toMatchObject({
    kind: 'broken',
    message: expect.stringContaining(message),
  });
});

test.each([
  table('stco', 0xffffffff, 1),
  table('co64', 3, 0, 1),
  table('stsz', 0, 0xffffffff, 1),
  table('stz2', 8, 4000, 1),
  table('stsc', 5, 1),
  table('stts', 7, 1),
])('a table that says more than its box holds is found', (wrong) => {
  const message = expect.stringContaining('says more than it holds');
  expect(walk(movieWith([wrong]))).toMatchObject({ kind: 'broken', message });
});

function fragmentOf(dataOffset: number, sampleBytes: number): Buffer {
  const header = box('tfhd', Buffer.from([0, 2, 0, 0, 0, 0, 0, 1]));
  const run = Buffer.alloc(20);
  run.writeUInt32BE(0x201, 0);
  run.writeUInt32BE(2, 4);
  run.writeInt32BE(dataOffset, 8);
  run.writeUInt32BE(sampleBytes, 12);
  run.writeUInt32BE(sampleBytes, 16);
  const moof = box('moof', box('traf', Buffer.concat([header, box('trun', run)])));
  return Buffer.concat([ftyp, moov, moof, mdat]);
}

test('the runs of a fragment must point inside the file', () => {
  const moofBytes = fragmentOf(0, 0).length - ftyp.length - moov.length - mdat.length;
  expect(walk(fragmentOf(moofBytes + 8, 25))).toMatchObject({ kind: 'whole' });
  expect(walk(fragmentOf(moofBytes + 8, 26))).toMatchObject({
    kind: 'broken',
    message: expect.stringContaining('points to byte'),
  });
});

test('a box that passes the end of its parent is found', () => {
  const trak = Buffer.from('\0\0\x10\0trak');
  const message = expect.stringContaining("inside 'moov' passes its end");
  expect(walk(Buffer.concat([ftyp, mdat, box('moov', trak)]))).toMatchObject({ kind: 'broken', message });
});

test('a movie of QuickTime is one with ftyp and without', () => {
  expect(walk(Buffer.concat([box('ftyp', Buffer.from('qt  \0\0\0\0')), moov, mdat]))).toMatchObject({
    facts: { kind: 'mov' },
  });
  expect(walk(Buffer.concat([box('wide', Buffer.alloc(0)), mdat, moov]))).toMatchObject({
    facts: { kind: 'mov' },
  });
});

test('the result is the same however the bytes are cut into chunks', () => {
  const whole = Buffer.concat([
    sampleMp4('a', 300, [uuidBox(XMP_UUID, Buffer.from('<x/>'))]),
    longBox('free', Buffer.alloc(5)),
  ]);
  const inputs = fc.record({
    keep: fc.integer({ min: 0, max: whole.length }),
    flip: fc.option(fc.integer({ min: 0, max: whole.length - 1 })),
    cuts: fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 40 }),
  });
  fc.assert(
    fc.property(inputs, ({ keep, flip, cuts }) => {
      const bytes = Buffer.from(whole.subarray(0, keep));
      if (flip !== null && flip < keep) bytes.writeUInt8(bytes.readUInt8(flip) ^ 0x41, flip);
      const inside = cuts.filter((cut) => cut < keep).sort((a, b) => a - b);
      expect(walk(bytes, inside).kind).toBe(walk(bytes).kind);
    }),
  );
});

test('no prefix of a file is taken for the file', () => {
  const whole = sampleMp4('a', 300);
  for (let keep = 0; keep < whole.length; keep += 1)
    expect(walk(whole.subarray(0, keep)).kind).toBe('broken');
});
