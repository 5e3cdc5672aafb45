import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../bench/gate/random.ts';
import { exactDistribution, standingTimes } from '../../../bench/polling/distributions.ts';
import { cost, expectedOutcome, plainSchedules } from '../../../bench/polling/schedules.ts';
import { effectiveTasks } from '../../../src/worker/polling/duration-distribution.ts';
import {
  type EndedTask,
  type History,
  learnHistory,
  nextCheckAt,
  QUERY_COST_MS,
} from '../../../src/worker/polling/history.ts';
import { nextPoll, planPolls } from '../../../src/worker/polling/plan-polls.ts';

const BELIEFS = { typicalMs: 20_000, deadlineMs: 3_600_000 };
const SUBMITTED_AT = 1_700_000_000_000;

const ended = (count: number, durationMs: number, seenBy: EndedTask['seenBy'] = 'poll'): EndedTask[] =>
  Array.from({ length: count }, (_, index) => ({
    durationMs: durationMs + (index % 20) * (durationMs / 100),
    seenBy,
  }));

/** The first polls, in seconds since submission. */
function polls(history: History, callbacksOn: boolean, count: number): number[] {
  const ages: number[] = [];
  for (let now = SUBMITTED_AT; ages.length < count; ) {
    now = nextCheckAt(history, { submittedAt: SUBMITTED_AT, callbacksOn }, now);
    ages.push((now - SUBMITTED_AT) / 1_000);
  }
  return ages;
}

describe('without data', () => {
  test('the first poll is after two or three seconds, and later ones are farther and farther apart', () => {
    const ages = polls(learnHistory([], BELIEFS), false, 8);
    expect(ages[0]).toBeGreaterThanOrEqual(2);
    expect(ages[0]).toBeLessThanOrEqual(3);
    expect(ages[7]).toBeGreaterThan(30);
    const gaps = ages.map((age, index) => age - (ages[index - 1] ?? 0));
    for (const [index, gap] of gaps.entries()) expect(gap).toBeGreaterThan(gaps[index - 1] ?? 0);
  });

  test('a model of long tasks is polled later', () => {
    expect(polls(learnHistory([], { ...BELIEFS, typicalMs: 180_000 }), false, 1)[0]).toBeGreaterThan(5);
  });

  test('with callbacks the first poll is later', () => {
    expect(polls(learnHistory([], BELIEFS), true, 1)[0]).toBeGreaterThan(30);
  });
});

describe('after finished tasks', () => {
  test('polls are made when tasks end', () => {
    const ages = polls(learnHistory(ended(200, 20_000), BELIEFS), false, 2);
    expect(ages[0]).toBeGreaterThan(20);
    expect(ages[1]).toBeLessThan(25);
  });

  test('polls are rare while callbacks arrive, and return when callbacks stop', () => {
    const told = polls(learnHistory(ended(100, 20_000, 'callback'), BELIEFS), true, 2);
    const lost = polls(learnHistory(ended(100, 20_000, 'poll-despite-callback'), BELIEFS), true, 2);
    expect(told[0]).toBeGreaterThan(25);
    expect(told[1]).toBeGreaterThan(120);
    expect(lost[0]).toBeLessThan(25);
    expect(lost[1]).toBeLessThan(30);
  });

  test('a task that runs for long is polled until its deadline', () => {
    const history = learnHistory(ended(320, 5_000), BELIEFS);
    const task = { submittedAt: SUBMITTED_AT, callbacksOn: false };
    const lateMs = BELIEFS.deadlineMs - 10_000;
    expect(nextCheckAt(history, task, SUBMITTED_AT + lateMs) - SUBMITTED_AT).toBeLessThanOrEqual(
      BELIEFS.deadlineMs,
    );
  });
});

test('the next poll is always later than now, and before the deadline if there is time', () => {
  const seenBy = fc.constantFrom<EndedTask['seenBy'][]>('callback', 'poll', 'poll-despite-callback');
  const task = fc.record({ durationMs: fc.nat(4_000_000), seenBy });
  fc.assert(
    fc.property(
      fc.array(task, { maxLength: 40 }),
      fc.boolean(),
      fc.integer({ min: -5_000, max: 5_000_000 }),
      (tasks, callbacksOn, ageMs) => {
        const now = SUBMITTED_AT + ageMs;
        const nextAt = nextCheckAt(
          learnHistory(tasks, BELIEFS),
          { submittedAt: SUBMITTED_AT, callbacksOn },
          now,
        );
        expect(nextAt).toBeGreaterThan(now);
        expect(Number.isInteger(nextAt)).toBe(true);
        if (ageMs >= 0 && ageMs < BELIEFS.deadlineMs) {
          expect(nextAt - SUBMITTED_AT).toBeLessThanOrEqual(BELIEFS.deadlineMs);
        }
      },
    ),
    { numRuns: 100 },
  );
});

/** Expectations over the exact distributions of the benchmark: nothing is timed, and the draws are repeatable. */
describe('after 200 tasks of learning', () => {
  test.each(standingTimes)('$name tasks cost at most 15 % more than the best schedule there is', (times) => {
    const distribution = exactDistribution(times);
    const best = planPolls(distribution, { queryCostMs: QUERY_COST_MS, minGapMs: 0, missedCallbackRate: 1 });
    const bound = cost(
      expectedOutcome(distribution, (ageMs) => nextPoll(best, ageMs)),
      QUERY_COST_MS,
    );
    for (const seed of [1, 2, 3]) {
      const random = seededRandom(seed);
      const tasks = Array.from({ length: 200 }, () => ({
        durationMs: times.draw(random),
        seenBy: 'poll' as const,
      }));
      const plan = learnHistory(tasks, BELIEFS).alone;
      const learned = expectedOutcome(distribution, (ageMs) => nextPoll(plan, ageMs));
      expect(cost(learned, QUERY_COST_MS)).toBeLessThanOrEqual(1.15 * bound);
      for (const { name, next } of plainSchedules) {
        const plain = expectedOutcome(distribution, next);
        const isBetter = plain.queries <= learned.queries && plain.delayMs <= learned.delayMs;
        expect(isBetter, `${name} has both fewer queries and less delay`).toBe(false);
      }
    }
  });
});

describe('a poll', () => {
  const costsOf = (tasks: EndedTask[]) => {
    const { alone, withCallbacks } = learnHistory(tasks, BELIEFS);
    return { alone: alone.costs.queryCostMs, beside: withCallbacks.costs.queryCostMs };
  };

  test('is cheap until the durations are known', () => {
    expect(costsOf([]).alone).toBe(250);
    expect(costsOf(ended(10, 20_000)).alone).toBeCloseTo(250 + (750 * effectiveTasks(10)) / 20, 6);
    expect(costsOf(ended(200, 20_000)).alone).toBe(1000);
  });

  test('costs more beside callbacks, the more of them have come and the fewer were lost', () => {
    expect(costsOf(ended(50, 20_000)).beside).toBe(1000);
    expect(costsOf(ended(100, 20_000, 'callback')).beside).toBeCloseTo(
      1000 * (1 + 4 * (100 / 105) * (1 - 0.5 / 125)),
      6,
    );
    const some = [...ended(10, 20_000, 'callback'), ...ended(5, 20_000, 'poll-despite-callback')];
    expect(costsOf([...some, ...ended(7, 20_000)]).beside).toBeCloseTo(
      1000 * (1 + 4 * (10 / 15) * (1 - 5.5 / 40)),
      6,
    );
  });
});
