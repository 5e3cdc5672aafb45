/**
 * The contract of every storage, as tests: called by the test file of each backend with a way to open the same storage
 * again (like another process) and to list everything that is stored.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Part, SourceIdentity, Storage } from '../../../src/shared/storage/storage.ts';
import { verifyStored } from '../../../src/shared/storage/verify-stored.ts';
import { sampleMp4, sha256 } from '../media/sample-mp4.ts';

export interface StorageUnderTest {
  open(): Promise<Storage>;
  /** Every key and unfinished thing that is there, apart from empty folders. */
  list(): Promise<string[]>;
  close(): Promise<void>;
}

const identity: SourceIdentity = { validator: '"v1"', totalBytes: undefined };

export function describeStorage(name: string, prepare: () => Promise<StorageUnderTest>): void {
  describe(`a storage (${name})`, () => {
    let under: StorageUnderTest;
    let storage: Storage;
    let keys = 0;

    beforeAll(async () => {
      under = await prepare();
      storage = await under.open();
    });
    afterAll(async () => {
      await storage.close();
      await under.close();
    });

    /** A key of its own for each test, in a folder of its own. */
    function newKey(): string {
      keys += 1;
      return `batch ${keys}/s_${keys}.mp4`;
    }

    async function begin(key: string, bytes: Buffer): Promise<Part> {
      const part = await storage.openPart(key);
      await part.begin(identity);
      await part.write(Buffer.from(bytes));
      return part;
    }

    async function store(key: string, bytes: Buffer): Promise<void> {
      const part = await begin(key, bytes);
      expect(await part.commit()).toEqual({ kind: 'committed', file: storage.locate(key) });
    }

    async function readAll(key: string): Promise<Buffer> {
      const chunks: Buffer[] = [];
      for await (const chunk of storage.read(key)) chunks.push(chunk);
      return Buffer.concat(chunks);
    }

    async function listed(key: string): Promise<string[]> {
      const stem = key.slice(0, key.indexOf('/'));
      return (await under.list()).filter((each) => each.includes(stem) || each.includes('nfinished'));
    }

    test('what is committed is there, whole, and nothing else is left', async () => {
      const key = newKey();
      const bytes = sampleMp4('a', 100_000);
      await store(key, bytes);
      expect((await readAll(key)).equals(bytes)).toBe(true);
      expect(await storage.stat(key)).toMatchObject({ bytes: bytes.length });
      expect(await listed(key)).toEqual([key]);
    });

    test('a result larger than one piece is read back unchanged', async () => {
      const key = newKey();
      const piece = Buffer.alloc(700_001, 'abcdefg');
      const part = await storage.openPart(key);
      await part.begin(identity);
      for (let count = 0; count < 17; count += 1) await part.write(Buffer.from(piece));
      expect(part.receivedBytes).toBe(17 * piece.length);
      await part.commit();
      expect(sha256(await readAll(key))).toBe(sha256(Buffer.concat(Array.from({ length: 17 }, () => piece))));
    });

    test.each([
      [0, 9],
      [10, 19],
      [65_530, 65_545],
      [99_990, 100_000],
    ])('of the bytes %i to %i just these are read', async (first, end) => {
      const key = newKey();
      const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, n) => n % 251));
      await store(key, bytes);
      const last = Math.min(end, bytes.length - 1);
      const chunks: Buffer[] = [];
      for await (const chunk of storage.read(key, { first, last })) chunks.push(chunk);
      expect(Buffer.concat(chunks).equals(bytes.subarray(first, last + 1))).toBe(true);
    });

    test.each([1_000, 7_000_000])(
      'a result of %i bytes that is rewritten lies under the key of its kind',
      async (size) => {
        const key = newKey();
        const placed = key.replace('.mp4', '.png');
        const bytes = Buffer.from(sampleMp4('png', size));
        const part = await storage.openPart(key);
        await part.begin(identity);
        part.place({ key: placed, contentType: 'image/png', willRewrite: true });
        await part.write(Buffer.from(bytes.subarray(0, 500)));
        await part.write(Buffer.from(bytes.subarray(500)));
        expect(part.canRewrite).toBe(true);
        const edits = [
          { at: 100, remove: 3, insert: Buffer.from('inserted') },
          { at: bytes.length - 1, remove: 0, insert: Buffer.from('label') },
        ];
        const expected = Buffer.concat([
          bytes.subarray(0, 100),
          Buffer.from('inserted'),
          bytes.subarray(103, -1),
          Buffer.from('label'),
          bytes.subarray(-1),
        ]);
        expect(await part.rewrite(edits)).toEqual({ bytes: expected.length, sha256: sha256(expected) });
        expect(await storage.stat(placed)).toBeUndefined();
        expect(await part.commit({ a: 1 })).toEqual({ kind: 'committed', file: storage.locate(placed) });
        expect((await readAll(placed)).equals(expected)).toBe(true);
        expect(await listed(key)).toEqual([key.replace('.mp4', '.json'), placed]);
        expect(await storage.withAnyEnding(key)).toEqual([placed]);
      },
    );

    test('a rewritten result that is given up leaves nothing', async () => {
      const key = newKey();
      const part = await storage.openPart(key);
      await part.begin(identity);
      part.place({ key, contentType: 'image/png', willRewrite: true });
      await part.write(Buffer.alloc(9000));
      await part.rewrite([{ at: 4, remove: 0, insert: Buffer.from('x') }]);
      await part.discard();
      await storage.removeAbandonedParts(-1000);
      expect(await listed(key)).toEqual([]);
    });

    test('nothing is visible before the commit', async () => {
      const key = newKey();
      const part = await begin(key, Buffer.alloc(6_000_000));
      expect(await storage.stat(key)).toBeUndefined();
      expect(await listed(key)).not.toContain(key);
      await part.discard();
    });

    test('a discarded part leaves nothing', async () => {
      const key = newKey();
      const part = await begin(key, Buffer.alloc(11_000_000));
      await part.discard();
      expect(await storage.stat(key)).toBeUndefined();
      expect(await listed(key)).toEqual([]);
    });

    test('starting over keeps nothing of the first start', async () => {
      const key = newKey();
      const part = await begin(key, Buffer.alloc(6_000_000, 1));
      await part.begin(identity);
      expect(part.receivedBytes).toBe(0);
      await part.write(Buffer.from('second'));
      await part.commit();
      expect((await readAll(key)).toString()).toBe('second');
      expect(await listed(key)).toEqual([key]);
    });

    test('a second result under the same key replaces the first', async () => {
      const key = newKey();
      await store(key, Buffer.from('first'));
      await store(key, Buffer.from('second'));
      expect((await readAll(key)).toString()).toBe('second');
    });

    test('two writers of one key end with one whole result', async () => {
      const key = newKey();
      const other = await under.open();
      const [first, second] = [await begin(key, Buffer.alloc(300_000, 1)), await other.openPart(key)];
      await second.begin(identity);
      await second.write(Buffer.alloc(200_000, 2));
      await first.write(Buffer.alloc(100_000, 1));
      const commits = [await second.commit(), await first.commit()];
      expect(commits.filter(({ kind }) => kind === 'committed').length).toBeGreaterThan(0);
      const stored = await readAll(key);
      expect([Buffer.alloc(400_000, 1), Buffer.alloc(200_000, 2)]).toContainEqual(stored);
      await Promise.all([first.suspend(), second.suspend()]);
      expect(await listed(key)).toEqual([key]);
      await other.close();
    });

    test('a sidecar is next to its result and is read back', async () => {
      const key = newKey();
      await store(key, Buffer.from('video'));
      expect(await storage.putSidecar(key, { url: 'https://x', bytes: 5 })).toBe(
        storage.locate(key.replace('.mp4', '.json')),
      );
      expect(await storage.readSidecar(key)).toEqual({ url: 'https://x', bytes: 5 });
      expect(await listed(key)).toEqual([key.replace('.mp4', '.json'), key]);
    });

    test('what is not there is said to be missing', async () => {
      const key = newKey();
      expect(await storage.stat(key)).toBeUndefined();
      expect(await storage.readSidecar(key)).toBeUndefined();
      expect(await verifyStored(storage, key)).toEqual({ verdict: 'missing' });
      await storage.remove(key);
    });

    test('a removed result is gone with its sidecar', async () => {
      const key = newKey();
      await store(key, Buffer.from('video'));
      await storage.putSidecar(key, {});
      await storage.remove(key);
      expect(await listed(key)).toEqual([]);
    });

    test('a stored result is verified against what was saved, and damage is noticed', async () => {
      const key = newKey();
      const bytes = sampleMp4('verify');
      await store(key, bytes);
      const saved = { bytes: bytes.length, sha256: sha256(bytes) };
      expect(await verifyStored(storage, key, saved)).toEqual({ verdict: 'intact', ...saved });
      await storage.putSidecar(key, saved);
      expect(await verifyStored(storage, key)).toEqual({ verdict: 'intact', ...saved });
      await store(key, sampleMp4('damage'));
      expect(await verifyStored(storage, key)).toMatchObject({ verdict: 'changed' });
      await store(key, bytes.subarray(0, -1));
      expect(await verifyStored(storage, key, saved)).toMatchObject({ verdict: 'changed' });
      expect(await verifyStored(storage, key, { ...saved, bytes: bytes.length - 1 })).toMatchObject({
        verdict: 'changed',
        message: expect.stringContaining("ends inside 'mdat'"),
      });
    });

    test.each([
      '../outside.mp4',
      'a/../../outside.mp4',
      '/etc/passwd',
      'a//b.mp4',
      './a.mp4',
      'a/..',
      '',
      'a\\..\\b.mp4',
      'a\0.mp4',
      'a\n.mp4',
    ])('the key %j is not accepted', async (key) => {
      await expect(storage.openPart(key)).rejects.toThrow('is not a key');
      await expect(storage.putSidecar(key, {})).rejects.toThrow('is not a key');
      await expect(storage.remove(key)).rejects.toThrow('is not a key');
    });

    test('a probe leaves nothing', async () => {
      await storage.probe();
      expect((await under.list()).filter((each) => each.includes('probe'))).toEqual([]);
    });
  });
}
