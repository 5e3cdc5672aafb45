/** Runs the parser of whatever kind the bytes are, over them cut into chunks. */
import { createMediaWalk, type MediaEnd } from '../../../src/shared/media/walk-media.ts';

export function walk(bytes: Buffer, cuts: readonly number[] = [], totalBytes?: number): MediaEnd {
  const media = createMediaWalk();
  media.expectTotal(totalBytes);
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    const problem = media.push(bytes.subarray(from, cut));
    if (problem !== undefined) return { kind: 'broken', message: problem };
    from = cut;
  }
  return media.end();
}
