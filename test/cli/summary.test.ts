import { describe, expect, it } from 'vitest';
import { describeSummary, exitCodeOf, summarize } from '../../src/cli/summary.ts';
import { sampleBatch } from '../setup/sample-batch.ts';

const given = { total: 0, accepted: 0, duplicates: 0, alreadySaved: 0, invalid: 0, savedChange: 0 };

describe('the end of a run', () => {
  it('counts as saved what this run saved, and nothing twice', () => {
    const resumed = { ...given, total: 500, alreadySaved: 200, duplicates: 300 };
    const summary = summarize({
      given: resumed,
      batch: sampleBatch({ saved: 500 }),
      savedBefore: 200,
      elapsedMs: 1,
    });
    expect(summary).toMatchObject({ total: 500, saved: 300, alreadySaved: 200, duplicates: 300 });
  });

  it('does not count links saved under another batch as saved by this run', () => {
    const elsewhere = { ...given, total: 3, alreadySaved: 3, savedChange: 3 };
    const summary = summarize({
      given: elsewhere,
      batch: sampleBatch({ saved: 3 }),
      savedBefore: 0,
      elapsedMs: 1,
    });
    expect(summary).toMatchObject({ saved: 0, alreadySaved: 3 });
    expect(exitCodeOf(summary)).toBe(0);
  });

  it.each([
    ['all saved', {}, {}, 0],
    ['one failed', { failed: 1 }, {}, 1],
    ['one held', { held: 1 }, {}, 1],
    ['one cancelled', { cancelled: 1 }, {}, 1],
    ['a line without a link', {}, { invalid: 1 }, 1],
  ])('%s gives its exit code', (_name, states, lines, code) => {
    const facts = { given: { ...given, ...lines }, batch: sampleBatch(states), savedBefore: 0, elapsedMs: 1 };
    expect(exitCodeOf(summarize(facts))).toBe(code);
  });

  it('tells a person what to do about failures', () => {
    const batch = { ...sampleBatch({ failed: 2 }), failures: { rejected: 2 } };
    const text = describeSummary(summarize({ given, batch, savedBefore: 0, elapsedMs: 1 }), batch).join('\n');
    expect(text).toContain('2 failed: rejected');
    expect(text).toContain('retry links');
  });
});
