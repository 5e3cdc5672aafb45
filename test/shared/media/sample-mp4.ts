/** Small files with the structure of an MP4, distinct for each seed, made without an encoder. */

import { createHash } from 'node:crypto';

export function box(type: string, payload: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + payload.length, 0);
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, payload]);
}

export function sampleMp4(seed: string, mediaBytes = 20_000, extra: readonly Buffer[] = []): Buffer {
  const ftyp = box('ftyp', Buffer.from('isom\0\0\x02\0isomiso2avc1mp41', 'latin1'));
  return Buffer.concat([
    ftyp,
    box('moov', box('mvhd', bytesOf(seed, 100))),
    ...extra,
    box('mdat', bytesOf(seed, mediaBytes)),
  ]);
}

/** Bytes that look random and are always the same for a seed. */
function bytesOf(seed: string, size: number): Buffer {
  const blocks: Buffer[] = [];
  for (let made = 0; made < size; made += 32) {
    blocks.push(createHash('sha256').update(`${seed}:${made}`).digest());
  }
  return Buffer.concat(blocks).subarray(0, size);
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
