import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startSimulator } from '../../src/simulator/simulator.ts';
import {
  answerOf,
  browser,
  create,
  createManualClock,
  get,
  linkOf,
  make,
  query,
  resultUrlOf,
} from './calls.ts';

function change(url: string, body: string): Promise<Response> {
  return fetch(`${url}/simulator/settings`, { method: 'POST', body });
}

describe('the simulator', () => {
  it('shows its counts to other processes as it shows them to its own', async () => {
    const clock = createManualClock();
    await using simulator = await startSimulator({}, { clock });
    await make(simulator, 'a');
    const shown = await (await fetch(`${simulator.url}/simulator/counts`)).json();
    expect(shown).toEqual(simulator.counts());
    expect(shown).toMatchObject({ tasks: 1, createCalls: 1, admittedAtMs: [clock.now()] });
  });

  it('gives counts that do not change afterwards', async () => {
    await using simulator = await startSimulator();
    await make(simulator, 'a');
    const before = simulator.counts();
    await make(simulator, 'a');
    expect(before.links[linkOf('a')]?.taskIds).toHaveLength(1);
  });

  it('takes settings over HTTP and changes nothing else', async () => {
    await using simulator = await startSimulator({ creditsPerTask: 7 });
    const answer = await change(simulator.url, '{"condition":"maintenance","limit":"5/1s"}');
    expect(await answer.json()).toMatchObject({
      condition: 'maintenance',
      limit: { max: 5, windowMs: 1000 },
      creditsPerTask: 7,
    });
    expect((await answerOf(await create(simulator, 'a'))).code).toBe(455);
    await change(simulator.url, '{"condition":"open"}');
    expect((await answerOf(await create(simulator, 'a'))).code).toBe(200);
    expect(await (await fetch(`${simulator.url}/simulator/settings`)).json()).toMatchObject({
      condition: 'open',
    });
  });

  it.each(['{"conditions":"open"}', '{"limit":"no"}', '[]', 'no JSON'])(
    'refuses the settings %s and says why',
    async (body) => {
      await using simulator = await startSimulator();
      const answer = await change(simulator.url, body);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toHaveProperty('error');
    },
  );

  it('keeps its port and seed whatever the settings say', async () => {
    await using simulator = await startSimulator({ seed: 3 });
    expect(simulator.settings({ port: 1, seed: 4 })).toMatchObject({ port: 0, seed: 3 });
  });

  it('adds delays on both ways without losing anything', async () => {
    await using simulator = await startSimulator({
      requestDelay: '1ms-20ms',
      answerDelay: 'exponential:5ms',
    });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => create(simulator, String(n))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const { admittedAtMs } = simulator.counts();
    expect(admittedAtMs).toEqual(admittedAtMs.toSorted((a, b) => a - b));
  });

  it('gives the same links the same fates with the same seed', async () => {
    const fatesWith = async (seed: number) => {
      await using simulator = await startSimulator({ seed, limit: '1000/1s', faults: 'create-500=0.5' });
      const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => create(simulator, String(n))));
      return (await Promise.all(answers.map(answerOf))).map(({ code }) => code);
    };
    expect(await fatesWith(1)).toEqual(await fatesWith(1));
    expect(await fatesWith(1)).not.toEqual(await fatesWith(2));
  });

  it('closes with calls, transfers and idle connections open, and closes twice', async () => {
    const simulator = await startSimulator({
      taskTime: 0,
      linkFaults: 's_stalled=result-stall,s_slow=create-slow',
      slowAnswerMs: '1h',
    });
    const url = await resultUrlOf(simulator, await make(simulator, 'stalled'));
    const stalled = await fetch(url, { headers: browser });
    const slow = create(simulator, 'slow');
    const idle = connect(simulator.port, '127.0.0.1');
    await once(idle, 'connect');
    await expect.poll(() => simulator.counts().faults).toMatchObject({ 'create-slow': 1, 'result-stall': 1 });
    const failures = Promise.allSettled([slow, stalled.arrayBuffer(), once(idle, 'close')]);
    await simulator.close();
    await simulator.close();
    const [slowEnd, stalledEnd] = await failures;
    expect([slowEnd.status, stalledEnd.status]).toEqual(['rejected', 'rejected']);
    await expect(fetch(simulator.url)).rejects.toThrow();
  });

  it('says so when its port is taken', async () => {
    await using simulator = await startSimulator();
    await expect(startSimulator({ port: simulator.port })).rejects.toThrow(/EADDRINUSE/);
  });

  it('keeps two thousand tasks apart', async () => {
    await using simulator = await startSimulator({ limit: '100000/1s', taskTime: 0 });
    const names = Array.from({ length: 2000 }, (_, number) => String(number));
    const next = names.values();
    const workers = Array.from({ length: 20 }, async () => {
      for (const name of next) {
        const { data } = await answerOf(await query(simulator, await make(simulator, name)));
        expect(data).toMatchObject({ state: 'success' });
      }
    });
    await Promise.all(workers);
    const { tasks, links, queries, creditsSpent } = simulator.counts();
    expect({ tasks, links: Object.keys(links).length, queries, creditsSpent }).toEqual({
      tasks: 2000,
      links: 2000,
      queries: 2000,
      creditsSpent: 20_000,
    });
    expect((await answerOf(await get(simulator, '/api/v1/chat/credit'))).data).toBe(980_000);
  });
});
