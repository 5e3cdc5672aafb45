import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, openResultFiles, type ResultFile } from '../../src/simulator/result-file.ts';

const files = await openResultFiles();

interface Box {
  readonly type: string;
  readonly from: number;
  readonly content: number;
  readonly to: number;
}

/** The boxes that fill the bytes from `from` to `to` exactly; throws where they do not. */
function boxesOf(bytes: Buffer, from = 0, to = bytes.length): Box[] {
  const boxes: Box[] = [];
  for (let at = from; at < to; ) {
    const size = bytes.readUInt32BE(at);
    const box = { type: bytes.toString('latin1', at + 4, at + 8), from: at, content: at + 8, to: at + size };
    if (size < 8 || box.to > to) throw new Error(`box ${box.type} at ${at} has a wrong size of ${size}`);
    boxes.push(box);
    at = box.to;
  }
  return boxes;
}

function descend(bytes: Buffer, box: Box, ...path: readonly string[]): Box[] {
  const [type, ...rest] = path;
  if (type === undefined) return [box];
  const inner = boxesOf(bytes, box.content, box.to).filter((child) => child.type === type);
  return inner.flatMap((child) => descend(bytes, child, ...rest));
}

function find(boxes: readonly Box[], type: string): Box {
  const box = boxes.find((candidate) => candidate.type === type);
  if (!box) throw new Error(`there is no ${type} box`);
  return box;
}

function boxHeaderAt(file: ResultFile, at: number): { size: bigint; type: string } {
  const header = Buffer.concat([...file.slice(at, at + 16)]);
  const short = header.readUInt32BE(0);
  return {
    size: short === 1 ? header.readBigUInt64BE(8) : BigInt(short),
    type: header.toString('latin1', 4, 8),
  };
}

describe('the file of a result', () => {
  it('is an MP4 with a picture and a sound track whose data is where its index says', () => {
    const bytes = bytesOf(files({ taskId: 'a', index: 0 }));
    const boxes = boxesOf(bytes);
    expect(boxes.map(({ type }) => type)).toEqual(['ftyp', 'moov', 'free', 'mdat', 'free']);
    const media = find(boxes, 'mdat');
    const moov = find(boxes, 'moov');
    const handlers = descend(bytes, moov, 'trak', 'mdia', 'hdlr');
    expect(handlers.map(({ content }) => bytes.toString('latin1', content + 8, content + 12))).toEqual([
      'vide',
      'soun',
    ]);
    const chunkOffsets = descend(bytes, moov, 'trak', 'mdia', 'minf', 'stbl', 'stco').flatMap(({ content }) =>
      Array.from({ length: bytes.readUInt32BE(content + 4) }, (_, n) =>
        bytes.readUInt32BE(content + 8 + 4 * n),
      ),
    );
    expect(chunkOffsets.length).toBeGreaterThan(2);
    expect(chunkOffsets.every((offset) => offset >= media.content && offset < media.to)).toBe(true);
  });

  it('is small', () => {
    expect(files({ taskId: 'a', index: 0 }).sizeBytes).toBeLessThan(60_000);
  });

  it('is always the same for the same task, and another for any other', () => {
    const names = Array.from({ length: 300 }, (_, n) => ({ taskId: `task${n}`, index: n % 2 }));
    const texts = [
      ...names.map((name) => bytesOf(files(name)).toString('latin1')),
      bytesOf(files({ taskId: 'task0', index: 1 })).toString('latin1'),
      bytesOf(files({ taskId: 'task0', index: 0, version: 1 })).toString('latin1'),
    ];
    expect(new Set(texts).size).toBe(302);
    expect(bytesOf(files({ taskId: 'task0', index: 0 })).toString('latin1')).toBe(texts[0]);
  });

  it('differs from others in its first kilobytes and in its end, so that mixed parts show', () => {
    const one = bytesOf(files({ taskId: 'a', index: 0 }));
    const other = bytesOf(files({ taskId: 'b', index: 0 }));
    const mediaAt = find(boxesOf(one), 'mdat').from;
    expect(one.subarray(0, mediaAt).equals(other.subarray(0, mediaAt))).toBe(false);
    expect(one.subarray(-16).equals(other.subarray(-16))).toBe(false);
  });

  it('gives any part of itself as it is in the whole', () => {
    const file = files({ taskId: 'large', index: 0, leastBytes: 3_000_000 });
    const whole = bytesOf(file);
    const position = fc.integer({ min: 0, max: file.sizeBytes });
    fc.assert(
      fc.property(position, position, (one, other) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)];
        expect(Buffer.concat([...file.slice(from, to)]).equals(whole.subarray(from, to))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('grows to the size wanted and stays a row of whole boxes', () => {
    const file = files({ taskId: 'large', index: 0, leastBytes: 2_000_000 });
    expect(file.sizeBytes).toBe(2_000_000);
    expect(boxesOf(bytesOf(file)).at(-1)).toMatchObject({ type: 'free', to: file.sizeBytes });
  });

  it('may be larger than any memory', () => {
    const file = files({ taskId: 'huge', index: 0, leastBytes: 6 * 2 ** 30 });
    let at = 0;
    const types: string[] = [];
    while (at < file.sizeBytes) {
      const { size, type } = boxHeaderAt(file, at);
      types.push(type);
      at += Number(size);
    }
    expect(types).toEqual(['ftyp', 'moov', 'free', 'mdat', 'free']);
    expect(at).toBe(file.sizeBytes);
    expect(Buffer.concat([...file.slice(file.sizeBytes - 5, file.sizeBytes)])).toHaveLength(5);
  });
});
