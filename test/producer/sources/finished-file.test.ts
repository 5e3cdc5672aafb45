/** When a file that others write may be read. */
import { describe, expect, it } from 'vitest';
import {
  type FileLook,
  hasUnfinishedName,
  markOf,
  unsettledMs,
} from '../../../src/producer/sources/finished-file.ts';

const now = 1_000_000;
const settleMs = 3000;
const look = (change: Partial<FileLook> = {}): FileLook => ({
  inode: 7,
  sizeBytes: 100,
  contentChangedAt: 500_000,
  inodeChangedAt: now - 60_000,
  ...change,
});

describe('a file counts as finished', () => {
  it.each([
    ['when it has lain still', look(), null, 0],
    ['just when it has lain still long enough', look({ inodeChangedAt: now - settleMs }), null, 0],
    ['not when it was written a second ago', look({ inodeChangedAt: now - 1000 }), null, 2000],
    [
      'not because a copy has kept an old time of its content',
      look({ contentChangedAt: 1, inodeChangedAt: now - 1000 }),
      null,
      2000,
    ],
    [
      'not when its last change lies ahead, by another clock',
      look({ inodeChangedAt: now + 60_000 }),
      null,
      settleMs,
    ],
    [
      'when another clock is ahead but nothing has changed since the look before',
      look({ inodeChangedAt: now + 60_000 }),
      look({ inodeChangedAt: now + 60_000 }),
      0,
    ],
    [
      'not when it has grown since the look before',
      look({ inodeChangedAt: now - 10, sizeBytes: 200 }),
      look({ inodeChangedAt: now - 3010 }),
      2990,
    ],
  ])('%s', (_what, seen, earlier, expected) => {
    expect(unsettledMs(seen, earlier, now, settleMs)).toBe(expected);
  });

  it.each(['a.part', 'a.csv.tmp', 'b.crdownload', '.hidden', '.links.txt.Ab12', 'c.txt~', '~lock', 'D.PART'])(
    'not under the name %s',
    (name) => {
      expect(hasUnfinishedName(name)).toBe(true);
    },
  );

  it.each(['links.txt', 'part.csv', 'a.b.jsonl', 'tmp', 'links'])('under the name %s', (name) => {
    expect(hasUnfinishedName(name)).toBe(false);
  });

  it.each([
    ['another size', { sizeBytes: 101 }],
    ['another time', { contentChangedAt: 500_001 }],
    ['another file of that name', { inode: 8 }],
  ])('%s is another mark', (_what, change) => {
    expect(markOf(look(change))).not.toBe(markOf(look()));
  });

  it('a changed permission is the same mark', () => {
    expect(markOf(look({ inodeChangedAt: now }))).toBe(markOf(look()));
  });
});
