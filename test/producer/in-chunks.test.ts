/** The size of the chunks in which a great batch is gone through. */
import { describe, expect, it } from 'vitest';
import { inChunks, nextSize } from '../../src/producer/in-chunks.ts';

describe('the chunks of a great batch', () => {
  it.each([
    ['grow while Redis has little to do', 200, 0.5, 300],
    ['stay where they are comfortable', 200, 2, 200],
    ['shrink when Redis works for longer', 200, 3, 100],
    ['never grow beyond the most', 900, 0.1, 1000],
    ['never shrink below the least', 60, 40, 50],
  ])('%s', (_what, size, workMs, expected) => {
    expect(nextSize(size, workMs)).toBe(expected);
  });

  const ping = () => Promise.resolve();

  it('end when nothing more was checked', async () => {
    const left = [200, 300, 7, 0, 5];
    await inChunks(() => Promise.resolve(left.shift() ?? 0), { ping });
    expect(left).toEqual([5]);
  });

  it('end when they are aborted', async () => {
    const stopping = new AbortController();
    let chunks = 0;
    const act = () => {
      chunks += 1;
      stopping.abort();
      return Promise.resolve(1);
    };
    await inChunks(act, { ping, signal: stopping.signal });
    expect(chunks).toBe(1);
  });
});
