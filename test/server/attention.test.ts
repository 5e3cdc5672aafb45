/** What needs a person though nothing is halted: on a page, as a metric and as an alert; and the pages that show it. */
import { describe, expect, it } from 'vitest';
import { alertBody } from '../../src/server/alerts/alert-message.ts';
import { decideAlerts, type Known } from '../../src/server/alerts/decide-alerts.ts';
import { creditsNeeded } from '../../src/server/readings/credits-needed.ts';
import type { Problem } from '../../src/server/readings/problems.ts';
import type { Batch } from '../../src/shared/ledger/batch.ts';
import { sampleBatch } from '../setup/sample-batch.ts';
import { until } from '../setup/until.ts';
import { openWindow } from './window.ts';

describe('the headline', () => {
  it('of batches that are all paused by name says so, and counts them into no estimate', async () => {
    await using window = await openWindow();
    await window.system.give(3);
    await window.system.startWorker(['status-check', 'download']);
    const { redis, configuration } = window.system.session;
    await fetch(`${window.url}/api/v1/batches/test/pause`, { method: 'POST' });
    await until(
      async () => (await (await window.get('/')).text()).includes('All waiting links are in paused batches.'),
      'the pause is told',
    );
    expect(await (await window.get('/batches/test')).text()).toContain('Batch test is paused.');
    const [id = ''] = await redis.lrange(`${configuration.QUEUE_PREFIX}:batch:test:items`, 0, 0);
    expect(await (await window.get(`/items/${id}`)).text()).toContain('Batch test is paused.');
    await fetch(`${window.url}/api/v1/batches/test/resume`, { method: 'POST' });
    await until(
      async () => (await (await window.get('/')).text()).includes('No running worker has the stage submit'),
      'the missing worker is told',
    );
    expect(await (await window.get('/metrics')).text()).toContain('kie_batch_problems{kind="no-worker"} 1');
  });

  it('tells a queue that is paused in Bull Board', async () => {
    await using window = await openWindow();
    await window.system.give(2);
    await (await window.system.session.queues.queue('submit')).pause();
    await window.system.startWorker();
    await until(
      async () => (await (await window.get('/')).text()).includes('The queue submit is paused'),
      'the paused queue is told',
    );
  });
});

describe('a problem', () => {
  const problem: Problem = {
    kind: 'tasks-stuck',
    key: 'tasks-stuck',
    message: '3 tasks are stuck.',
    path: '/stuck',
  };
  const nothing: Known = { halts: [], going: [], toldFailing: [], problems: {} };
  const decide = (known: Known, at: number, problems: Problem[]) =>
    decideAlerts(known, { at, halts: [], batches: [], problems }, 0.1);

  it('is reported once when it has lasted a minute, with a link, and once when it is over', () => {
    const first = decide(nothing, 0, [problem]);
    expect(first.alerts).toEqual([]);
    const second = decide(first.known, 61_000, [problem]);
    expect(second.alerts).toEqual([{ kind: 'problem-began', problem }]);
    expect(
      JSON.parse(alertBody({ kind: 'problem-began', problem }, 'json', 0, 'https://v.example/kie')),
    ).toMatchObject({
      text: '3 tasks are stuck. https://v.example/kie/stuck',
      link: 'https://v.example/kie/stuck',
      problem: 'tasks-stuck',
    });
    const third = decide(second.known, 70_000, [problem]);
    expect(third.alerts).toEqual([]);
    expect(decide(third.known, 80_000, []).alerts).toEqual([
      { kind: 'problem-ended', message: '3 tasks are stuck.' },
    ]);
  });

  it('that is over within a minute is not told', () => {
    expect(decide(decide(nothing, 0, [problem]).known, 30_000, []).alerts).toEqual([]);
  });
});

it('a halt is not reported as over during another one', () => {
  const halt = (reason: 'no-credits' | 'maintenance') => ({
    reason,
    model: null,
    message: '',
    since: 1000,
    nextProbeAt: 0,
    probes: 0,
  });
  const decide = (known: Known, halts: ReturnType<typeof halt>[]) =>
    decideAlerts(known, { at: 9000, halts, batches: [], problems: [] }, 0.1);
  const both = decide({ halts: [], going: [], toldFailing: [], problems: {} }, [
    halt('no-credits'),
    halt('maintenance'),
  ]);
  const one = decide(both.known, [halt('maintenance')]);
  expect(one.alerts).toEqual([]);
  expect(decide(one.known, []).alerts.map(({ kind }) => kind)).toEqual(['halt-ended', 'halt-ended']);
});

describe('the page of', () => {
  it('workers shows version, memory and current links', async () => {
    await using window = await openWindow();
    await window.system.startWorker();
    await until(
      async () => (await (await window.get('/workers')).text()).includes('MB'),
      'the worker is shown',
    );
    expect(await (await window.get('/workers')).text()).toContain('the same everywhere');
  });

  it('schedules shows runs, what went wrong, and can add, pause and run one', async () => {
    await using window = await openWindow();
    const fields = {
      name: 'nightly',
      cron: '0 6 * * 1-5',
      timeZone: 'Europe/Berlin',
      model: 'sora-watermark-remover',
    };
    expect((await window.post('/schedules', { ...fields, source: '/etc/passwd' })).status).toBe(422);
    expect((await window.post('/schedules', { ...fields, source: 's3:///list.txt' })).status).toBe(422);
    expect(
      (await window.post('/schedules', { ...fields, source: 'https://127.0.0.1:1/list.txt' })).status,
    ).toBe(303);
    const page = async () => (await window.get('/schedules')).text();
    await until(async () => (await page()).includes('at 06:00 from Monday to Friday'), 'it is shown');
    await window.post('/schedules/nightly/pause');
    await until(async () => (await page()).includes('>paused<'), 'it is paused');
    await window.post('/schedules/nightly/resume');
    await window.system.startWorker();
    await window.post('/schedules/nightly/run');
    await until(
      async () => (await page()).includes('The last run of schedule nightly failed'),
      'its failure is told',
    );
    expect(await (await window.get('/')).text()).toContain('/schedules#nightly');
  });

  it('gates and stuck links opens', async () => {
    await using window = await openWindow();
    expect(await (await window.get('/gate')).text()).toContain('No request has been made yet.');
    expect(await (await window.get('/stuck')).text()).toContain('Tasks at the vendor for more than 10 min');
  });
});

it('batches are filtered by state and name, and several are acted on at once', async () => {
  await using window = await openWindow();
  await window.system.give(2, 'summer');
  const links = ['s_aa', 's_bb'].map((id) => ({ id, url: `https://sora.chatgpt.com/p/${id}` }));
  const { ledger } = window.system.session;
  await ledger.openBatch('winter', { model: 'sora-watermark-remover', root: '/tmp/' });
  await ledger.enqueue('winter', links);
  const page = async (query: string) => (await window.get(`/batches?${query}`)).text();
  expect(await page('name=WIN')).not.toContain('/batches/summer"');
  expect((await window.post('/batches', { action: 'pause' })).status).toBe(422);
  await window.post('/batches', { action: 'pause', 'batch.summer': 'on', 'batch.winter': 'on' });
  await window.post('/batches', { action: 'resume', 'batch.winter': 'on' });
  await window.post('/batches', { action: 'prioritize', 'batch.winter': 'on' });
  expect(await ledger.batch('summer')).toMatchObject({ isPaused: true });
  expect(await ledger.batch('winter')).toMatchObject({ isPaused: false, priority: 10 });
  await window.system.startWorker(['status-check', 'download']);
  await until(async () => (await page('')).includes('>paused<'), 'the paused batch says so');
  expect(await page('is=ended')).toContain('No batch matches.');
});

describe('a halt of one model', () => {
  const other = 'topaz/video-upscale';
  async function openWithHalt() {
    const window = await openWindow({ simulator: { pausedModels: [other], credits: 95 } });
    const { ledger } = window.system.session;
    await ledger.openBatch('halted', { model: other, root: '/tmp/' });
    await ledger.enqueue('halted', [{ id: 'clip', url: 'https://media.example/clip.mp4' }]);
    return window;
  }

  it('is not said to stop everything while links of another model move', async () => {
    await using window = await openWithHalt();
    await window.system.give(3, 'moving');
    await window.system.session.startWorker(['submit']).then(async (worker) => {
      await until(
        async () => (await window.get('/')).text().then((page) => page.includes('Halted: model-paused')),
        'the halt stands',
      );
      await until(
        async () =>
          (await (await window.get('/')).text()).includes('1 link waits for a halted model.') &&
          (await (await window.get('/batches/moving')).text()).includes('No running worker'),
        'the halted link is told beside the others',
      );
      await worker.stop(1000);
    });
    const overview = await (await window.get('/')).text();
    expect(overview).not.toContain('Stopped by model-paused');
    expect(await (await window.get('/batches/moving')).text()).not.toContain('Halted: model-paused');
    expect(await (await window.get('/batches/halted')).text()).toContain('Halted: model-paused');
  });

  it('stops everything where nothing else waits', async () => {
    await using window = await openWithHalt();
    const worker = await window.system.startWorker();
    await until(
      async () => (await (await window.get('/')).text()).includes('Stopped by model-paused'),
      'the halt is the headline',
    );
    await worker.stop(1000);
  });
});

describe('credits that are running out', () => {
  const batch = (model: string, queued: number, changes: Partial<Batch> = {}) =>
    sampleBatch({ queued }, { model, ...changes });
  const prices = { cheap: 2, dear: 50, unknown: null };

  it('are judged by the prices of the models that wait', () => {
    const waiting = [batch('cheap', 10), batch('dear', 3), batch('unknown', 4)];
    expect(creditsNeeded({ waiting, prices })).toEqual({ credits: 170, links: 13, unpriced: 4 });
  });

  it('count no more of a batch than its budget allows', () => {
    const waiting = [batch('dear', 100, { budget: 300, creditsSpent: 200 })];
    expect(creditsNeeded({ waiting, prices }).credits).toBe(100);
  });
});
