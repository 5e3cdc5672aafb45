/** Every kind of result: what is whole, what is not, however it arrives. */
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type MediaKind, mediaKinds } from '../../../../src/shared/media/media-kind.ts';
import { createMediaWalk } from '../../../../src/shared/media/walk-media.ts';
import { disclosureOf } from '../../../worker/transfer/set-up.ts';
import { edited } from '../edited.ts';
import { sampleOf } from '../samples.ts';
import { walk } from '../walk.ts';

const kinds = Object.keys(mediaKinds) as MediaKind[];

/** More by command: FUZZ_RUNS=1000000 npx vitest run test/shared/media/kinds/kinds.test.ts */
const runs = Number(process.env['FUZZ_RUNS'] ?? 300);
const seed = 20_260_928;

function whole(bytes: Buffer) {
  const end = walk(bytes);
  if (end.kind === 'broken') throw new Error(end.message);
  return end.facts;
}

describe.each(kinds)('%s', (kind) => {
  test('a sample is whole and known by its bytes', async () => {
    expect(whole(await sampleOf(kind)).kind).toBe(kind);
  });

  test('a sample byte by byte is the same', async () => {
    const bytes = await sampleOf(kind);
    const cuts = Array.from({ length: Math.min(bytes.length, 5000) }, (_, at) => at);
    expect(walk(bytes, cuts, bytes.length)).toMatchObject({ kind: 'whole', facts: { kind } });
  });

  test('no half of a file is taken for the file', async () => {
    const bytes = await sampleOf(kind);
    const half = bytes.subarray(0, Math.floor(bytes.length / 2));
    expect(walk(half).kind).toBe('broken');
    expect(walk(half, [], half.length).kind).toBe('broken');
  });

  test('a labelled file is whole, and labelled again it has one label', async () => {
    const bytes = await sampleOf(kind);
    const once = await edited(bytes, whole(bytes).labelEdits(disclosureOf('s_1')), 700);
    const twice = await edited(once, whole(once).labelEdits(disclosureOf('s_2')), 700);
    const packet = whole(twice).xmp?.packet?.toString();
    expect(packet?.includes('task-s_2') ?? false).toBe(mediaKinds[kind].label !== 'none');
    expect(packet ?? '').not.toContain('task-s_1');
  });

  test('whatever is done to its bytes, nothing is thrown, and chunks do not matter', async () => {
    const sample = await sampleOf(kind);
    const changes = fc.array(
      fc.record({
        at: fc.oneof(fc.nat(Math.min(sample.length, 400) - 1), fc.nat(sample.length - 1)),
        bytes: fc.oneof(
          fc.uint8Array({ minLength: 1, maxLength: 8 }),
          fc.constant(new Uint8Array(4).fill(255)),
        ),
      }),
      { minLength: 1, maxLength: 6 },
    );
    const inputs = fc.record({
      changes,
      keep: fc.nat(sample.length),
      cuts: fc.array(fc.nat(sample.length), { maxLength: 20 }),
    });
    fc.assert(
      fc.property(inputs, ({ changes: wanted, keep, cuts }) => {
        const changed = Buffer.from(sample);
        for (const { at, bytes } of wanted) changed.set(bytes.subarray(0, changed.length - at), at);
        const bytes = keep % 3 === 0 ? changed.subarray(0, keep) : changed;
        const inside = cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b);
        const end = walk(bytes);
        expect(walk(bytes, inside).kind).toBe(end.kind);
        if (end.kind === 'whole') end.facts.labelEdits(disclosureOf('s_1'));
      }),
      { numRuns: runs, seed },
    );
  });
});

test('bytes of no known kind are refused, however they begin', () => {
  const starts = [
    '',
    '<html>',
    '{"code":500}',
    'ID3',
    'RIFF\xff\xff\xff\xffAVI ',
    '\x1a\x45\xdf\xa3',
    '\xff\xfb',
    'GIF89a',
  ];
  const inputs = fc.tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 300 }));
  fc.assert(
    fc.property(inputs, ([start, rest]) => {
      const bytes = Buffer.concat([Buffer.from(start, 'latin1'), rest]);
      expect(walk(bytes).kind).toBe('broken');
    }),
    { numRuns: runs, seed },
  );
});

test.each([
  ['PNG', '\x89PNG\r\n\x1a\n\x7f\xff\xff\xffIHDR'],
  ['JPEG', '\xff\xd8\xff\xe1\xff\xff'],
  ['WebP', 'RIFF\xff\xff\xff\x7fWEBPXMP \xf0\xff\xff\x7f'],
  ['Matroska', '\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm\x08\x7f\xff\xff\xff\xff\xff\xff\xff'],
  ['MP4', '\0\0\0\x08ftyp\0\0\0\x01moov\0\x7f\xff\xff\xff\xff\xff\xff'],
  ['ID3', 'ID3\x04\0\0\x7f\x7f\x7f\x7f'],
])('a size that a %s file claims takes no memory', (_, start) => {
  const before = process.memoryUsage().arrayBuffers;
  const media = createMediaWalk();
  media.push(Buffer.concat([Buffer.from(start, 'latin1'), Buffer.alloc(200)]));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * 1024 * 1024);
  expect(media.end().kind).toBe('broken');
});

function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
  return changed;
}

test('one wrong bit in a PNG is found by its checksums', async () => {
  const bytes = await sampleOf('png');
  for (let at = 0; at < bytes.length; at += 1) expect(walk(flipped(bytes, at)).kind).toBe('broken');
});

test('a PNG with compressed XMP keeps it, and ours follows it', async () => {
  const bytes = await sampleOf('png');
  const typed = Buffer.from('iTXtXML:com.adobe.xmp\0\x01\0\0\0zzz', 'latin1');
  const chunk = Buffer.concat([Buffer.alloc(4), typed, Buffer.alloc(4)]);
  chunk.writeUInt32BE(typed.length - 4, 0);
  chunk.writeUInt32BE(crc32(typed), typed.length + 4);
  const before = Buffer.concat([bytes.subarray(0, 33), chunk, bytes.subarray(33)]);
  const [edit] = whole(before).labelEdits(disclosureOf('s_1'));
  expect(edit).toMatchObject({ at: 33 + chunk.length, remove: 0 });
});

test('a WAV whose writer never learned its size is whole, and has no place for a label', async () => {
  const bytes = Buffer.from(await sampleOf('wav'));
  bytes.writeUInt32LE(0xffffffff, 4);
  bytes.writeUInt32LE(0xffffffff, bytes.indexOf('data') + 4);
  expect(whole(bytes).labelEdits(disclosureOf('s_1'))).toEqual([]);
});

test('a WebM of a live recorder, without sizes, is whole', async () => {
  const bytes = Buffer.from(await sampleOf('webm'));
  const segment = bytes.indexOf(Buffer.from('18538067', 'hex')) + 4;
  bytes.set(Buffer.from('01ffffffffffffff', 'hex'), segment);
  const cluster = bytes.indexOf(Buffer.from('1f43b675', 'hex')) + 4;
  const sizeBytes = Math.clz32(bytes.readUInt8(cluster)) - 23;
  bytes.set(
    Buffer.from([0xff >> (sizeBytes - 1), ...Array.from({ length: sizeBytes - 1 }, () => 0xff)]),
    cluster,
  );
  expect(whole(bytes).kind).toBe('webm');
});

test('an MP3 with tags at both ends and padding is whole; one with something else behind it is not', async () => {
  const bytes = await sampleOf('mp3');
  const tag = Buffer.concat([Buffer.from('TAG'), Buffer.alloc(125, 'x')]);
  expect(whole(Buffer.concat([bytes, tag])).kind).toBe('mp3');
  expect(whole(Buffer.concat([bytes, Buffer.alloc(300)])).kind).toBe('mp3');
  expect(walk(Buffer.concat([bytes, Buffer.from('<html>')])).kind).toBe('broken');
});

test('the label of an old GIF makes it one that may have extensions', async () => {
  const bytes = Buffer.from(await sampleOf('gif'));
  bytes.write('GIF87a');
  const labelled = await edited(bytes, whole(bytes).labelEdits(disclosureOf('s_1')));
  expect(labelled.toString('latin1', 0, 6)).toBe('GIF89a');
});
