/** A vendor that fails for all links: no link is at fault, and there are no excessive calls. */
import { describe, expect, it } from 'vitest';
import { startSystem } from '../setup/system.ts';
import { until } from '../setup/until.ts';

describe('an outage of the vendor', () => {
  it.each(['create-bad-gateway', 'create-lost'] as const)(
    'with %s fails no link and is met with few calls',
    async (fault) => {
      await using system = await startSystem({
        simulator: { faults: { [fault]: 1 } },
        environment: { SUBMIT_LIMIT: '8/1s' },
      });
      await system.give(30);
      await system.startWorker();
      await until(() => (system.simulator.counts().faults[fault] ?? 0) >= 5, 'the outage is noticed');
      const callsInTheOutage = system.simulator.counts().createCalls;
      system.simulator.settings({ faults: {} });
      const batch = await system.ended();
      expect(batch.counts).toMatchObject({ saved: 30, failed: 0 });
      // The first ones were under way together; from then on one call at a time.
      expect(callsInTheOutage).toBeLessThan(30);
    },
  );

  it('does not keep a link forever that alone gets errors', async () => {
    await using system = await startSystem({
      simulator: { faults: { 'create-http-500': 1 } },
      environment: { SUBMIT_LIMIT: '1000/1s' },
    });
    const [id = ''] = await system.give(1);
    const { ledger } = system.session;
    await ledger.take(1);
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await ledger.move('beginSubmit', id);
      await ledger.move('submitLater', id, { addAttempts: 1 });
    }
    await system.session.queues.add('submit', id);
    await system.startWorker();
    const batch = await system.ended();
    expect(batch.failures).toEqual({ 'attempts-exhausted': 1 });
  });
});
