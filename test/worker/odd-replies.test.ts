/**
 * The vendor with all kinds of unusual replies and refusals at once, over real HTTP. Every link ends, none is paid
 * twice unnecessarily, and the counted credits are what the vendor has charged.
 */
import { describe, expect, it } from 'vitest';
import { listHalts } from '../../src/shared/gate-state/halts.ts';
import type { FaultName } from '../../src/simulator/faults.ts';
import { shareLink, startSystem } from '../setup/system.ts';
import { until } from '../setup/until.ts';

const createFaults = [
  'create-500',
  'create-http-500',
  'create-408',
  'create-bad-gateway',
  'create-html',
  'create-unknown-code',
  'create-field-required',
  'create-older-words',
  'create-id-as-record',
  'create-id-as-data',
  'create-id-at-top',
] as const satisfies readonly FaultName[];
const taskFaults = [
  'task-object-result',
  'task-several-results',
  'task-empty-result',
  'task-broken-result',
  'task-fails-500',
  'task-fails-422',
  'task-fails-without-code',
  'task-refused',
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
  expect(counts).toMatchObject({ saved: 46, failed: 14 });
  expect(failures).toEqual({ 'generation-failed': 14 });
  expect(possiblyPaidTwice).toBe(0);
  expect(creditsSpent).toBe(46 * 7.5);
  expect(system.simulator.counts()).toMatchObject({ creditsSpent, tasks: 74, keyLeaks: 0 });
});

describe('answers after which a task may exist', () => {
  const hiding = ['create-id-hidden', 'create-504', 'create-524'] as const;

  async function endedWith(onAmbiguous: 'hold' | 'resubmit', times: number) {
    const linkFaults = hiding.map((fault, n) => ({ contains: shareLink(n), fault, times }));
    const system = await startSystem({
      simulator: { linkFaults },
      environment: { ON_AMBIGUOUS_SUBMIT: onAmbiguous },
    });
    await system.give(hiding.length);
    await system.startWorker();
    return { system, batch: await system.ended() };
  }

  it('are held under the policy hold: one task for each link', async () => {
    const { system, batch } = await endedWith('hold', 99);
    await using _ = system;
    expect(batch).toMatchObject({ counts: { held: 3 }, possiblyPaidTwice: 0 });
    expect(system.simulator.counts().tasks).toBe(3);
  });

  it('are repeated under the policy resubmit, and counted as possibly paid twice', async () => {
    const { system, batch } = await endedWith('resubmit', 1);
    await using _ = system;
    expect(batch).toMatchObject({ counts: { saved: 3 }, possiblyPaidTwice: 3 });
    expect(system.simulator.counts().tasks).toBe(6);
  });

  it('end the link when they come again and again: three tasks at most', async () => {
    const { system, batch } = await endedWith('resubmit', 99);
    await using _ = system;
    expect(batch.failures).toEqual({ 'attempts-exhausted': 3 });
    expect(system.simulator.counts().tasks).toBe(9);
  });
});

it('an option that the vendor does not know halts at once, in its words, and fails no link', async () => {
  await using system = await startSystem({ simulator: { faults: { 'create-out-of-range': 1 } } });
  await system.give(30);
  await system.startWorker();
  const [halt] = await until(async () => {
    const halts = await listHalts(system.session);
    return halts.length > 0 && halts;
  }, 'the halt stands');
  expect(halt).toMatchObject({
    reason: 'misconfigured',
    message: 'upload_method is not within the range of allowed options',
  });
  expect((await system.session.ledger.batch('test'))?.counts.failed).toBe(0);
  system.simulator.settings({ faults: {} });
});
