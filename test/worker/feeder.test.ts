/** Handing out links while the limit is used up, with real queues and the real gate. */
import { expect, it } from 'vitest';
import { feederPolicy } from '../../src/shared/policy.ts';
import { type Feeder, startFeeder } from '../../src/worker/feeder.ts';
import { createGate, type Gate } from '../../src/worker/gate/gate.ts';
import { type System, startSystem } from '../setup/system.ts';
import { until } from '../setup/until.ts';

const windowMs = 3000;

/** The feeder asks for free slots once per look. */
function feederOf({ session, environment }: System): { gate: Gate; looks(): number; start(): Feeder } {
  const { redis, ledger, queues } = session;
  const prefix = environment['QUEUE_PREFIX'] ?? '';
  const limit = { max: 3, windowMs };
  const gate = createGate({
    redis,
    prefix,
    operation: 'submit',
    limit,
    leaseMs: 60_000,
    learn: 'down',
  });
  let looks = 0;
  const submitGate: Gate = {
    ...gate,
    free(aheadMs) {
      looks += 1;
      return gate.free(aheadMs);
    },
  };
  const warnOfTrouble = (message: string, error: unknown) => {
    throw new Error(message, { cause: error });
  };
  const context = {
    redis,
    prefix,
    ledger,
    queues,
    submitGate,
    warnOfTrouble,
    onlyBatch: null,
    endUnaffordable: async () => 0,
  };
  return { gate, looks: () => looks, start: () => startFeeder(context) };
}

it('gives each link a job for the instant at which a slot becomes free for it', async () => {
  await using system = await startSystem();
  const { ledger, queues } = system.session;
  await system.give(20);
  const { gate, looks, start } = feederOf(system);
  const began = Date.now();
  for (const each of ['a', 'b', 'c']) {
    const admission = await gate.admit(`${each}.1`);
    if (admission.go) await gate.settle(admission.slot, { kind: 'counted' });
  }
  await until(async () => (await gate.free()).waitMs < feederPolicy.aheadMs - 300, 'the first slot is near');
  const feeder = start();
  const submit = await queues.queue('submit');
  const isHandedOut = async () =>
    (await submit.getDelayedCount()) === 3 && (await submit.getWaitingCount()) === feederPolicy.readyJobs;
  await until(isHandedOut, 'the links are handed out', 20_000);
  const dueAt = (await submit.getDelayed()).map(({ timestamp, delay }) => timestamp + (delay ?? 0));
  for (const at of dueAt) expect(at - began).toBeGreaterThanOrEqual(windowMs);
  // Those that are at the gate already have the first slots, so no more are handed out for them.
  const before = looks();
  feeder.nudge();
  await until(() => looks() > before, 'the feeder has looked again', 20_000);
  await feeder.stop();
  expect((await ledger.take(0)).atGate).toBe(3 + feederPolicy.readyJobs);
});
