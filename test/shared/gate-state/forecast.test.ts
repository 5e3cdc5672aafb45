/** How long a batch will take: in turns with the others, at the rate the gate lets through. */
import { describe, expect, it } from 'vitest';
import { type ForecastFacts, forecast } from '../../../src/shared/gate-state/forecast.ts';
import { noCounts } from '../../setup/sample-batch.ts';

const batch = (name: string, queued: number, changes: { priority?: number; isPaused?: boolean } = {}) => ({
  name,
  model: 'm',
  counts: { ...noCounts, queued },
  priority: 1,
  isPaused: false,
  ...changes,
});
const facts = (changes: Partial<ForecastFacts>): ForecastFacts => ({
  waiting: [],
  rate: { limitPerMinute: 120, usedPerMinute: 0 },
  halts: [],
  isAllPaused: false,
  isWorkedOn: true,
  pauseLeftMs: { submit: 0, query: 0 },
  typicalMs: 0,
  ...changes,
});
const minutes = (etaMs: number | null) => (etaMs === null ? null : etaMs / 60_000);

describe('the forecast of a batch', () => {
  it.each([
    ['alone', batch('a', 1200), [batch('a', 1200)], 10],
    ['beside one of the same size', batch('a', 1200), [batch('b', 1200)], 20],
    ['beside a small one', batch('a', 1200), [batch('b', 120)], 11],
    ['beside a large one', batch('a', 120), [batch('b', 12_000)], 2],
    ['with three turns to one', batch('a', 1200, { priority: 3 }), [batch('b', 12_000)], 13.333],
    ['beside a paused one', batch('a', 1200), [batch('b', 1200, { isPaused: true })], 10],
  ])('%s', (_what, own, waiting, expected) => {
    expect(minutes(forecast(own, facts({ waiting })).etaMs)).toBeCloseTo(expected, 2);
  });

  it('goes by what the gate really lets through, where something goes through', () => {
    const rate = { limitPerMinute: 120, usedPerMinute: 60 };
    expect(minutes(forecast(batch('a', 1200), facts({ rate })).etaMs)).toBe(20);
  });

  it('counts the pauses that the vendor has asked for', () => {
    const pauseLeftMs = { submit: 60 * 60_000, query: 90 * 60_000 };
    expect(minutes(forecast(batch('a', 120), facts({ pauseLeftMs })).etaMs)).toBe(90);
    expect(minutes(forecast(batch('a', 4800), facts({ pauseLeftMs })).etaMs)).toBe(100);
  });

  it('counts the time of the last task', () => {
    expect(minutes(forecast(batch('a', 120), facts({ typicalMs: 60_000 })).etaMs)).toBe(2);
  });

  it.each([
    ['a halt of the account', { halts: [{ reason: 'no-credits', model: null } as const] }, 'halt'],
    ['a halt of its model', { halts: [{ reason: 'model-paused', model: 'm' } as const] }, 'halt'],
    ['a pause of everything', { isAllPaused: true }, 'pause'],
    ['nobody to work', { isWorkedOn: false }, 'worker'],
    ['no gate yet', { rate: null }, null],
  ])('tells nothing during %s', (_what, changes, waitsFor) => {
    expect(forecast(batch('a', 1), facts(changes))).toEqual({ etaMs: null, waitsFor });
  });

  it('a halt of another model does not matter, and an ended batch needs no time', () => {
    const halts = [{ reason: 'model-paused', model: 'other' } as const];
    expect(forecast(batch('a', 120), facts({ halts })).waitsFor).toBeNull();
    expect(forecast(batch('a', 0), facts({ halts: [{ reason: 'no-credits', model: null }] })).etaMs).toBe(0);
  });
});
