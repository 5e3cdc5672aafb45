import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type ChoiceFacts,
  choosePart,
  isLeftover,
  type PartOnDisk,
} from '../../../src/shared/storage/part-choice.ts';

const facts: ChoiceFacts = {
  owner: 'aa',
  open: new Set(['aa9']),
  now: 1_000_000,
  bootedAt: 100,
  abandonedAfterMs: 60_000,
};
const identity = { validator: '"v"', totalBytes: 100 };

function part(token: string, changes: Partial<PartOnDisk> = {}): PartOnDisk {
  return { token, identity, bytes: 10, modifiedAt: facts.now, ...changes };
}

test.each<[string, PartOnDisk[], string | undefined, string | undefined, string[]]>([
  ['nothing is there', [], undefined, undefined, []],
  ['one of our own', [part('aa1')], 'aa1', 'taking', []],
  ['one of another, fresh', [part('bb1')], 'bb1', 'copying', []],
  ['one of another, abandoned', [part('bb1', { modifiedAt: 900_000 })], 'bb1', 'taking', []],
  ['the longest wins', [part('aa1'), part('aa2', { bytes: 20 })], 'aa2', 'taking', ['aa1']],
  [
    'a longer one of another is copied, ours removed',
    [part('aa1'), part('bb1', { bytes: 20 })],
    'bb1',
    'copying',
    ['aa1'],
  ],
  ['one that we have open is copied, not taken', [part('aa9')], 'aa9', 'copying', []],
  [
    'no validator',
    [part('aa1', { identity: { ...identity, validator: undefined } })],
    undefined,
    undefined,
    ['aa1'],
  ],
  ['no state', [part('aa1', { identity: undefined })], undefined, undefined, ['aa1']],
  ['no state, of another, fresh', [part('bb1', { identity: undefined })], undefined, undefined, []],
  ['no bytes', [part('aa1', { bytes: 0 })], undefined, undefined, ['aa1']],
  ['from before the start', [part('bb1', { modifiedAt: 50 })], undefined, undefined, ['bb1']],
])('%s', (_, parts, token, by, remove) => {
  const choice = choosePart(parts, facts);
  expect(choice.goOnWith?.part.token).toBe(token);
  expect(choice.goOnWith?.by).toBe(by);
  expect(choice.remove).toEqual(remove);
});

test('a part that may still be written is never taken over or removed', () => {
  const anyPart = fc.record({
    token: fc.constantFrom('aa1', 'aa9', 'bb1', 'cc1'),
    identity: fc.constantFrom(undefined, identity, { validator: undefined, totalBytes: 5 }),
    bytes: fc.nat(200),
    modifiedAt: fc.integer({ min: 0, max: facts.now }),
  });
  fc.assert(
    fc.property(fc.uniqueArray(anyPart, { selector: ({ token }) => token }), (parts) => {
      const { goOnWith, remove } = choosePart(parts, facts);
      const gone = [...remove, ...(goOnWith?.by === 'taking' ? [goOnWith.part.token] : [])];
      const live = parts.filter(
        ({ token, modifiedAt }) =>
          facts.open.has(token) || (!token.startsWith('aa') && facts.now - modifiedAt <= 60_000),
      );
      for (const { token } of live) expect(gone).not.toContain(token);
    }),
  );
});

test.each<[string, PartOnDisk, number | undefined, boolean]>([
  ['one that can be gone on with stays', part('bb1', { modifiedAt: 900_000 }), undefined, false],
  ['an old one goes', part('bb1', { modifiedAt: 400_000 }), undefined, true],
  ['one whose result was stored since goes', part('bb1', { modifiedAt: 900_000 }), 910_000, true],
  ['one begun again since its result was stored stays', part('bb1', { modifiedAt: 900_000 }), 890_000, false],
  ['one without a state goes', part('bb1', { modifiedAt: 900_000, identity: undefined }), undefined, true],
  ['a state without its part goes', part('bb1', { modifiedAt: 900_000, bytes: 0 }), undefined, true],
  ['one that somebody may still be writing stays', part('bb1', { bytes: 0 }), 1_000_000, false],
  ['one that we have open stays', part('aa9', { modifiedAt: 200 }), 1_000_000, false],
])('swept: %s', (_, found, storedAt, isGone) => {
  expect(isLeftover(found, storedAt, { ...facts, writtenBefore: 500_000 })).toBe(isGone);
});
