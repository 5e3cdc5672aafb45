/** How long a batch will take: in turns with the others, at the rate the gate lets through. */
import { describe, expect, it } from 'vitest';
import { type ForecastFacts, forecast, forecastAll } from '../../../src/shared/gate-state/forecast.ts';
import { situationKinds } from '../../../src/shared/gate-state/situation.ts';
import { noCounts } from '../../setup/sample-batch.ts';

const batch = (name: string, queued: number, changes: { priority?: number } = {}) => ({
  name,
  counts: { ...noCounts, queued },
  priority: 1,
  ...changes,
});
const facts = (changes: Partial<ForecastFacts>): ForecastFacts => ({
  waiting: [],
  rate: { limitPerMinute: 120, usedPerMinute: 0 },
  pauseLeftMs: { submit: 0, query: 0 },
  typicalMs: 0,
  ...changes,
});
const running = { kind: 'running' } as const;
const minutes = (etaMs: number | null) => (etaMs === null ? null : etaMs / 60_000);

describe('the forecast of a batch', () => {
  it.each([
    ['alone', batch('a', 1200), [batch('a', 1200)], 10],
    ['beside one of the same size', batch('a', 1200), [batch('b', 1200)], 20],
    ['beside a small one', batch('a', 1200), [batch('b', 120)], 11],
    ['beside a large one', batch('a', 120), [batch('b', 12_000)], 2],
    ['with three turns to one', batch('a', 1200, { priority: 3 }), [batch('b', 12_000)], 13.333],
  ])('%s', (_what, own, waiting, expected) => {
    expect(minutes(forecast(running, own, facts({ waiting })))).toBeCloseTo(expected, 2);
  });

  it('goes by what the gate really lets through, where something goes through', () => {
    const rate = { limitPerMinute: 120, usedPerMinute: 60 };
    expect(minutes(forecast(running, batch('a', 1200), facts({ rate })))).toBe(20);
  });

  it('counts the pauses that the vendor has asked for', () => {
    const pauseLeftMs = { submit: 60 * 60_000, query: 90 * 60_000 };
    expect(minutes(forecast(running, batch('a', 120), facts({ pauseLeftMs })))).toBe(90);
    expect(minutes(forecast(running, batch('a', 4800), facts({ pauseLeftMs })))).toBe(100);
  });

  it('counts the time of the last task', () => {
    expect(minutes(forecast(running, batch('a', 120), facts({ typicalMs: 60_000 })))).toBe(2);
  });

  it.each(situationKinds.filter((kind) => kind !== 'running'))(
    'is %s: no time is told but for the end',
    (kind) => {
      const expected = kind === 'ended' || kind === 'empty' ? 0 : null;
      expect(forecast({ kind }, batch('a', 1), facts({}))).toBe(expected);
      expect(forecastAll({ kind }, { counts: batch('a', 1).counts, runnable: 1 }, facts({}))).toBe(expected);
    },
  );

  it('tells nothing before the first task', () => {
    expect(forecast(running, batch('a', 1), facts({ rate: null }))).toBeNull();
  });
});
