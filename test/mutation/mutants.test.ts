/** The mutants of a Lua script: each is one change at its place. */
import { expect, test } from 'vitest';
import { mutantsOf } from '../../mutation/lua/mutants.ts';

const changesOf = (source: string) =>
  mutantsOf(source).map(({ line, from, to }) => `${line}: ${from} → ${to}`);

test('comparisons, operators, numbers and words are changed, but not in texts and comments', () => {
  expect(changesOf("return a < 2 and 'b > 3' -- or 4")).toEqual([
    '1: < → <=',
    '1: < → >=',
    '1: 2 → (2 * 2)',
    '1: and → or',
  ]);
});

test('a minus that begins a number stays', () => {
  expect(changesOf('return f(key, -1, a - b)')).toEqual(['1: 1 → (2 * 1)', '1: - → +']);
});

test('a condition is always true, and never', () => {
  expect(changesOf('local c\nif isOpen(c) then return c end')).toEqual([
    '2: isOpen(c) → true',
    '2: isOpen(c) → false',
  ]);
});

test('an assignment or a call is left out, but not a declaration', () => {
  expect(changesOf("  state.limit = top\n  redis.call('DEL', key)\n  local one = two")).toEqual([
    '1: state.limit = top → ',
    "2: redis.call('DEL', key) → ",
  ]);
});

test('the changed script is whole but for the change', () => {
  const source = '-- what it does\nlocal a = math.max(b, c)\nreturn a\n';
  expect(mutantsOf(source).map((mutant) => mutant.source)).toEqual([source.replace('max', 'min')]);
});
