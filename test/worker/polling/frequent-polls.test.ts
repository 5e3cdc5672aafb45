/** Polls while the query gate has room: the delay of results for all kinds of tasks. */
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../bench/gate/random.ts';
import { standingTimes, type TaskTimes } from '../../../bench/polling/distributions.ts';
import { nextFrequentPoll } from '../../../src/worker/polling/frequent-polls.ts';
import { type History, learnHistory, nextCheckAt } from '../../../src/worker/polling/history.ts';
import { planPolls } from '../../../src/worker/polling/plan-polls.ts';

const beliefs = { typicalMs: 20_000, deadlineMs: 3_600_000 };
const oneToFour: TaskTimes = {
  name: 'quick',
  what: 'evenly from 1 s to 4 s',
  ended: (timeMs) => Math.min(1, Math.max(0, (timeMs - 1000) / 3000)),
  draw: (random) => 1000 + 3000 * random(),
};
const draws = (times: TaskTimes, count: number, seed: number) => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => times.draw(random));
};

function poll(history: History, durationMs: number, hasRoom: boolean) {
  let [now, queries] = [0, 0];
  while (now < durationMs) {
    now = nextCheckAt(history, { submittedAt: 0, callbacksOn: false, hasRoom }, now);
    queries += 1;
  }
  return { queries, lateMs: now - durationMs };
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

describe.each([...standingTimes, oneToFour])('tasks of $what', (times) => {
  const durations = draws(times, 300, 2);

  test.each([0, 200])(
    'are found within a tenth of their time or 300 ms, in the median, with %d known',
    (known) => {
      const learned = draws(times, known, 1).map((durationMs) => ({ durationMs, seenBy: 'poll' as const }));
      const history = learnHistory(learned, beliefs);
      const excess = durations.map(
        (durationMs) => poll(history, durationMs, true).lateMs - Math.max(300, durationMs / 10),
      );
      expect(median(excess)).toBeLessThanOrEqual(0);
    },
  );

  test('cost a bounded number of queries, and no poll is later than without room', () => {
    const history = learnHistory(
      draws(times, 200, 1).map((durationMs) => ({ durationMs, seenBy: 'poll' as const })),
      beliefs,
    );
    for (const durationMs of durations.slice(0, 50)) {
      expect(poll(history, durationMs, true).queries).toBeLessThan(60);
      const at = (hasRoom: boolean) =>
        nextCheckAt(history, { submittedAt: 0, callbacksOn: false, hasRoom }, durationMs);
      expect(at(true)).toBeLessThanOrEqual(at(false));
    }
  });
});

describe('with few and expensive planned polls', () => {
  const distribution = {
    timesMs: Float64Array.of(0, 1000, 2000, 3000, 4000, 8000),
    cdf: Float64Array.of(0, 0, 0, 0.02, 0.5, 1),
  };
  const plan = planPolls(distribution, { queryCostMs: 1e9, minGapMs: 500, missedCallbackRate: 1 });

  test.each([
    ['waits until two in a hundred have ended', 0, 3000],
    ['of those that still run', 3000, 4000],
    ['and at least for its gap, which grows with the age', 3999, 4719],
    ['is no later than the planned one', 7900, 8000],
    ['follows the plan when all should have ended', 20_000, 21_000],
  ])('a poll %s', (_what, ageMs, atMs) => {
    expect(nextFrequentPoll(plan, ageMs)).toBeCloseTo(atMs, 0);
  });
});
