/**
 * The vendor at its oddest, over real HTTP: all shapes and refusals at once. Every link comes to its end, none is paid
 * twice that need not be, and what was spent is what the vendor has charged.
 */
import { expect, it } from 'vitest';
import type { FaultName } from '../../src/simulator/faults.ts';
import { shareLink, startSystem } from '../setup/system.ts';

const createFaults = [
  'create-500',
  'create-http-500',
  'create-408',
  'create-bad-gateway',
  'create-html',
  'create-without-id',
  'create-unknown-code',
  'create-older-words',
] as const satisfies readonly FaultName[];
const taskFaults = [
  'task-object-result',
  'task-several-results',
  'task-empty-result',
  'task-broken-result',
  'task-fails-500',
  'task-fails-422',
] as const satisfies readonly FaultName[];
const recordFaults = [
  'record-500',
  'record-http-500',
  'record-bad-gateway',
  'record-html',
  'record-unknown-state',
  'record-null',
  'record-not-found',
  'record-lost',
  'record-slow',
] as const satisfies readonly FaultName[];

it('every odd reply at once: each link ends, and the credits agree to the last one', async () => {
  const chosen = new Map<string, number>();
  const next = (place: string, names: readonly FaultName[]): FaultName => {
    const turn = chosen.get(place) ?? 0;
    chosen.set(place, turn + 1);
    return names[turn % names.length] ?? 'create-500';
  };
  let creates = 0;
  const isFourth = () => {
    creates += 1;
    return creates % 4 === 0;
  };
  await using system = await startSystem({
    simulator: {
      emptyResultMs: '300ms',
      slowAnswerMs: '300ms',
      creditsPerTask: 7.5,
      costTimeUnit: 's',
      taskIds: 'long',
    },
    hooks: {
      // The first of each: so that repetitions come through.
      faultOf({ place, link, count }) {
        if (count > 1) return undefined;
        // Not all in a row, which would be an outage.
        if (place === 'create') return isFourth() ? next(place, createFaults) : undefined;
        if (place === 'task') return next(place, taskFaults);
        if (place !== 'record') return undefined;
        // More of these would be a limit on queries, and all would have to wait.
        return link === shareLink(7) ? 'record-http-429' : next(place, recordFaults);
      },
    },
  });
  await system.give(60);
  await system.startWorker();
  const { counts, failures, creditsSpent, possiblyPaidTwice } = await system.ended();
  expect(counts).toMatchObject({ saved: 50, failed: 10 });
  expect(failures).toEqual({ 'generation-failed': 10 });
  expect(possiblyPaidTwice).toBe(0);
  expect(creditsSpent).toBe(50 * 7.5);
  expect(system.simulator.counts()).toMatchObject({ creditsSpent, tasks: 70, keyLeaks: 0 });
});
