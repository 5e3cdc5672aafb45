/** Why links move or not: every reason, and its precedence. */
import { describe, expect, it } from 'vitest';
import { type SituationFacts, situationOf } from '../../../src/shared/gate-state/situation.ts';
import { stages } from '../../../src/shared/jobs/catalogue.ts';
import { readCounts } from '../../../src/shared/ledger/batch.ts';

const counts = (given: Record<string, number>) =>
  readCounts(Object.fromEntries(Object.entries(given).map(([state, count]) => [state, String(count)])));

function facts(changes: Partial<SituationFacts> = {}): SituationFacts {
  return {
    counts: counts({ queued: 5 }),
    runnable: 5,
    halts: [],
    isAllPaused: false,
    pausedQueues: [],
    workedOn: stages,
    isVendorAway: false,
    vendorPause: null,
    ...changes,
  };
}

const halts = [{ reason: 'no-credits' as const }];
const pause = { operation: 'submit' as const, since: 0, until: 60_000, message: null };

describe('the situation', () => {
  it.each<[string, Partial<SituationFacts>, string]>([
    ['without a link is empty', { counts: counts({}), runnable: 0 }, 'empty'],
    ['of held links alone is ended', { counts: counts({ held: 3 }), runnable: 0 }, 'ended'],
    ['of waiting links and workers is running', {}, 'running'],
    ['with a halt is halted', { halts }, 'halted'],
    ['with a halt and no worker is halted', { halts, workedOn: [] }, 'halted'],
    ['with everything paused is paused', { isAllPaused: true }, 'all-paused'],
    ['of links in paused batches alone is paused', { runnable: 0 }, 'batch-paused'],
    [
      'of paused batches while tasks are collected is paused',
      { runnable: 0, counts: counts({ queued: 5, processing: 2 }) },
      'batch-paused',
    ],
    [
      'of tasks to collect runs on while everything is paused',
      { counts: counts({ processing: 2 }), runnable: 0, isAllPaused: true },
      'running',
    ],
    [
      'of tasks to collect runs on without credits',
      { counts: counts({ processing: 2 }), runnable: 0, halts },
      'running',
    ],
    ['with a queue paused in the board is told', { pausedQueues: ['submit'] }, 'queue-paused'],
    [
      'with a queue paused that no link needs runs',
      { counts: counts({ downloading: 1 }), runnable: 0, pausedQueues: ['submit'] },
      'running',
    ],
    ['without a worker is told', { workedOn: [] }, 'no-worker'],
    ['without a worker for downloads is told', { workedOn: ['submit', 'status-check'] }, 'no-worker'],
    [
      'of results to store is halted by a full storage',
      { counts: counts({ downloading: 2 }), runnable: 0, halts: [{ reason: 'storage-full' }] },
      'halted',
    ],
    ['with a vendor that is away is told', { isVendorAway: true, vendorPause: pause }, 'vendor-outage'],
    [
      'with a vendor that is away runs while only files are fetched',
      { counts: counts({ downloading: 2 }), runnable: 0, isVendorAway: true },
      'running',
    ],
    ['in a pause of the vendor is told', { vendorPause: pause }, 'vendor-pause'],
  ])('%s', (_name, changes, kind) => {
    expect(situationOf(facts(changes)).kind).toBe(kind);
  });

  it('names the stages without a worker', () => {
    expect(situationOf(facts({ workedOn: ['submit', 'status-check'] }))).toEqual({
      kind: 'no-worker',
      stages: ['download'],
      isNobody: false,
    });
  });
});
