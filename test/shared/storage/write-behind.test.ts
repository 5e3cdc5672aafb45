import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWriteBehind } from '../../../src/shared/storage/write-behind.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kie-batch-write-'));
});
afterAll(() => rm(folder, { recursive: true }));

const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ write: fc.integer({ min: 0, max: 700_000 }) }) },
  { weight: 2, arbitrary: fc.record({ pauseMs: fc.constantFrom(0, 1, 5, 210) }) },
  { weight: 1, arbitrary: fc.constant('drain' as const) },
);

test('what is written comes out in order, whatever the sizes, pauses and drains', async () => {
  let files = 0;
  const run = async (actions: readonly (typeof action extends fc.Arbitrary<infer A> ? A : never)[]) => {
    files += 1;
    const path = join(folder, String(files));
    const writes = createWriteBehind(() => open(path, 'wx'), 0);
    const expected: Buffer[] = [];
    for (const [index, each] of actions.entries()) {
      if (each === 'drain') await writes.drain();
      else if ('pauseMs' in each) await sleep(each.pauseMs);
      else {
        expected.push(Buffer.alloc(each.write, index + 1));
        await writes.write(Buffer.alloc(each.write, index + 1));
      }
    }
    const whole = Buffer.concat(expected);
    expect(writes.positionBytes).toBe(whole.length);
    await writes.sync();
    await writes.close();
    expect((await readFile(path)).equals(whole)).toBe(true);
    await rm(path);
  };
  await fc.assert(fc.asyncProperty(fc.array(action, { maxLength: 30 }), run), { numRuns: 40 });
});

test('writing continues after the bytes that are there', async () => {
  const path = join(folder, 'there');
  await writeFile(path, 'there, ');
  const writes = createWriteBehind(() => open(path, 'r+'), 7);
  await writes.write(Buffer.from('and here'));
  await writes.sync();
  await writes.close();
  expect(await readFile(path, 'utf8')).toBe('there, and here');
});

test('little reaches the disk by itself after a moment', async () => {
  const path = join(folder, 'little');
  const writes = createWriteBehind(() => open(path, 'wx'), 0);
  await writes.write(Buffer.from('little'));
  await expect.poll(() => readFile(path, 'utf8').catch(() => '')).toBe('little');
  await writes.close();
});

test('a failed write is reported by every later call, and nothing hangs', async () => {
  const path = join(folder, 'read-only');
  await writeFile(path, '');
  const writes = createWriteBehind(() => open(path, 'r'), 0);
  await writes.write(Buffer.alloc(10));
  await expect(writes.drain()).rejects.toThrow('EBADF');
  await expect(writes.write(Buffer.alloc(10))).rejects.toThrow('EBADF');
  await expect(writes.sync()).rejects.toThrow('EBADF');
  await writes.close();
});

test('a file that cannot be opened is reported like a failed write', async () => {
  const writes = createWriteBehind(() => open(join(folder, 'no', 'folder'), 'wx'), 0);
  const many = (async () => {
    for (let count = 0; count < 20; count += 1) await writes.write(Buffer.alloc(1_000_000));
  })();
  await expect(many).rejects.toThrow('ENOENT');
  await writes.close();
});
