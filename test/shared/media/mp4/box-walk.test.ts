import fc from 'fast-check';
import { expect, test } from 'vitest';
import { uuidBox } from '../../../../src/shared/media/mp4/box-header.ts';
import { createBoxWalk, type WalkEnd, XMP_UUID } from '../../../../src/shared/media/mp4/box-walk.ts';
import { box, sampleMp4 } from '../sample-mp4.ts';

const ftyp = box('ftyp', Buffer.from('isom\0\0\0\0'));
const moov = box('moov', box('mvhd', Buffer.alloc(20)));
const mdat = box('mdat', Buffer.alloc(50, 7));

function walk(bytes: Buffer, cuts: readonly number[] = [], totalBytes?: number): WalkEnd {
  const boxes = createBoxWalk();
  boxes.expectTotal(totalBytes);
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    const problem = boxes.push(bytes.subarray(from, cut));
    if (problem !== undefined) return { kind: 'broken', message: problem };
    from = cut;
  }
  return boxes.end();
}

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
    Buffer.concat([ftyp, moov, box('moof', Buffer.alloc(9)), mdat, box('moof', Buffer.alloc(9))]),
  ],
  ['with a 64-bit size', Buffer.concat([ftyp, moov, longBox('mdat', Buffer.alloc(70))])],
  [
    'with empty boxes between',
    Buffer.concat([ftyp, box('free', Buffer.alloc(0)), moov, box('free', Buffer.alloc(0)), mdat]),
  ],
])('a file %s is whole', (_, bytes) => {
  expect(walk(bytes)).toMatchObject({ kind: 'whole', facts: { openEnded: false, xmpPackets: [] } });
});

test('a last box without a size takes the rest and is reported', () => {
  const bytes = Buffer.concat([ftyp, moov, openBox('mdat', Buffer.alloc(33))]);
  expect(walk(bytes)).toMatchObject({ kind: 'whole', facts: { openEnded: true } });
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
  ['another container', box('RIFF', Buffer.alloc(90)), 'not an MP4: starts with'],
  ['zeros', Buffer.alloc(100), 'not an MP4'],
  ['no index', Buffer.concat([ftyp, mdat]), "has no 'moov' box"],
  ['no media', Buffer.concat([ftyp, moov]), 'has no media data'],
  [
    'a file cut within its media',
    Buffer.concat([ftyp, moov, mdat]).subarray(0, -1),
    "ends inside 'mdat', 1 bytes early",
  ],
  [
    'a file cut within a header',
    Buffer.concat([ftyp, moov, mdat, mdat.subarray(0, 5)]),
    'ends in 5 stray bytes',
  ],
  [
    'junk after the boxes',
    Buffer.concat([ftyp, moov, mdat, Buffer.from('\0\0\0\0\0\0\0\0\0')]),
    'after 3 boxes',
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

test('XMP packets are collected, with the place of the last', () => {
  const first = uuidBox(XMP_UUID, Buffer.from('first'));
  const bytes = Buffer.concat([ftyp, first, moov, mdat, uuidBox(XMP_UUID, Buffer.from('second'))]);
  const end = walk(bytes);
  if (end.kind !== 'whole') throw new Error(end.message);
  expect(end.facts.xmpPackets.map(String)).toEqual(['first', 'second']);
  expect(end.facts.lastXmpAt).toBe(bytes.length - 'second'.length - 24);
});

test('an XMP packet of many megabytes is passed over, not held', () => {
  const end = walk(Buffer.concat([ftyp, moov, mdat, uuidBox(XMP_UUID, Buffer.alloc(3_000_000))]));
  expect(end).toMatchObject({ kind: 'whole', facts: { xmpPackets: [] } });
});

test('the walk comes to the same end however the bytes are cut into chunks', () => {
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
