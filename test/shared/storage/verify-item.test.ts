/** Rows whose place is odd: each gets its verdict, and the next row is looked at. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/shared/clock.ts';
import type { Item } from '../../../src/shared/ledger/item.ts';
import { createFileStorage } from '../../../src/shared/storage/file-storage.ts';
import { resultKeys } from '../../../src/shared/storage/result-key.ts';
import { verifyItem } from '../../../src/shared/storage/verify-item.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kie-batch-storage-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

function verdictOf(file: string | null) {
  const item = {
    id: 's_1',
    batch: 'b',
    model: 'm',
    file,
    bytes: 1,
    sha256: null,
    row: null,
    submittedAt: null,
    enqueuedAt: 0,
  };
  const storage = createFileStorage(root, { clock: systemClock });
  // Only these fields are read.
  return verifyItem(item as unknown as Item, {
    storage,
    keyOf: resultKeys('{batch}/{id}.mp4'),
    depth: 'content',
  });
}

test.each(['../../etc/passwd', 'b//s_1.mp4', '', 'b/\u0007.mp4', `b/${'x'.repeat(300)}.mp4`, 'b\\s_1.mp4'])(
  'the place %j is no place of this storage',
  async (key) => {
    expect(await verdictOf(`${root}/${key}`)).toMatchObject({ verdict: 'elsewhere' });
  },
);

test('a file where a folder should be concerns its own row alone', async () => {
  await mkdir(join(root, 'b'));
  await writeFile(join(root, 'b', 'file'), 'a file');
  expect(await verdictOf(`${root}/b/file/s_1.mp4`)).toMatchObject({ verdict: 'changed' });
  expect(await verdictOf(null)).toMatchObject({ verdict: 'elsewhere' });
});
