import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultBatchName } from '../../src/producer/batch-name.ts';
import { checkBatchName } from '../../src/shared/ledger/batch.ts';

const at = new Date('2026-11-22T15:46:14Z');

describe('the default name of a batch', () => {
  it.each([
    [['links.txt'], 'links'],
    [['/home/anna/My links (1).csv'], 'My-links-1'],
    [['a.b.jsonl.gz', 'other.txt'], 'a.b'],
    [['Übung.txt'], 'U-bung'],
    [['...'], 'links'],
    [[], 'stdin-20261122-154614'],
    [['-'], 'stdin-20261122-154614'],
  ])('%j gives %s', (paths, name) => {
    expect(defaultBatchName(paths, at)).toBe(name);
  });

  it('is one that a batch may have, whatever the file is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (path) => {
        const name = defaultBatchName([path], at);
        expect(checkBatchName(name)).toBe(name);
      }),
    );
  });
});
