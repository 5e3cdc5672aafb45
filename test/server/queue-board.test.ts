/** Bull Board's jobs say which link they are about, and its buttons do nothing that could cost money. */
import { expect, it } from 'vitest';
import { z } from 'zod';
import { until } from '../setup/until.ts';
import { openWindow } from './window.ts';

const boardSchema = z.object({
  queues: z.array(z.object({ name: z.string(), jobs: z.array(z.unknown()) })),
});

it('a job shows its link, batch, model and story, and leads to the page of the link', async () => {
  await using window = await openWindow({ simulator: { taskTime: '1h' } });
  const [id = ''] = await window.system.give(1);
  await window.system.startWorker();
  const { ledger } = window.system.session;
  await until(async () => (await ledger.item(id))?.state === 'processing', 'the task is made');
  const api = '/queues/api/queues';
  let text = '';
  await until(async () => {
    text = await (
      await window.get(`${api}?activeQueue=status-check&status=delayed&page=1&jobsPerPage=10`)
    ).text();
    return text.includes(id);
  }, 'the job waits');
  expect(text).toContain('"batch":"test"');
  expect(text).toContain('"model":"sora-watermark-remover"');
  expect(text).toContain(`/items/${id}`);
  expect(text).toContain('Status checks');
  expect(await (await window.get(`/items/${id}`)).text()).toContain(
    `href="/queues/queue/status-check/${id}"`,
  );
  expect(await (await window.get(`${api}/status-check/${id}/logs`)).text()).toContain('task-created');
});

it('removing or running a job is safe, and what could change its meaning is refused', async () => {
  await using window = await openWindow({ simulator: { taskTime: '1h' } });
  const [id = ''] = await window.system.give(1);
  await window.system.startWorker();
  const { ledger, queues } = window.system.session;
  await until(
    async () => (await (await queues.queue('status-check')).getJob(id)) !== undefined,
    'the job waits',
  );
  const act = (path: string, method = 'PUT') =>
    fetch(`${window.url}/queues/api/queues/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
  for (const path of [
    'submit/add',
    'submit/retry/failed',
    `status-check/${id}/update-data`,
    'submit/obliterate',
    'submit/concurrency',
  ])
    for (const method of ['PUT', 'POST', 'PATCH'])
      expect([path, [403, 404].includes((await act(path, method)).status)]).toEqual([path, true]);
  // Refused while it is just being run.
  await until(
    async () => (await act(`status-check/${id}/promote`)).status === 204 || null,
    'the job is promoted',
  );
  await until(
    async () => (await (await queues.queue('status-check')).getJob(id))?.delay !== undefined,
    'it waits again',
  );
  expect(await ledger.item(id)).toMatchObject({ state: 'processing' });
  expect((await ledger.item(id))?.taskIds).toHaveLength(1);
});

it('pausing, cleaning and emptying a queue keeps every link and its task', async () => {
  await using window = await openWindow({ simulator: { taskTime: '1h' } });
  const [id = '', other = ''] = await window.system.give(2);
  await window.system.startWorker();
  const { ledger, queues } = window.system.session;
  const queue = await queues.queue('status-check');
  await until(async () => (await queue.getDelayedCount()) === 2, 'both jobs wait');
  const act = async (path: string) =>
    (
      await fetch(`${window.url}/queues/api/queues/${path}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      })
    ).status;
  expect(await act('submit/pause')).toBe(200);
  expect(await (await queues.queue('submit')).isPaused()).toBe(true);
  expect(await act('submit/resume')).toBe(200);
  expect(await (await queues.queue('submit')).isPaused()).toBe(false);
  expect(await act(`status-check/${id}/clean`)).toBe(204);
  expect([await queue.getJob(id), (await queue.getJob(other))?.id]).toEqual([undefined, other]);
  expect(await act('status-check/clean/delayed')).toBe(200);
  expect(await act('status-check/empty')).toBe(200);
  for (const each of [id, other])
    expect(await ledger.item(each)).toMatchObject({ state: 'processing', taskIds: [expect.any(String)] });
  const { entries } = await (await window.get('/api/v1/audit?action=queue%20board')).json();
  expect(entries.map(({ target }: { target: string }) => target)).toContain('/api/queues/submit/pause');
});

it('a viewer sees the queues without buttons, and changes none', async () => {
  const environment = {
    DASHBOARD_USER: 'op',
    DASHBOARD_PASSWORD: 'op-password-1',
    API_TOKENS: 'eye:viewer:viewer-token-0123456789',
  };
  await using window = await openWindow({ environment });
  const authorization = 'Bearer viewer-token-0123456789';
  const { queues } = await (await window.get('/queues/api/queues', { authorization })).json();
  expect(queues.map(({ readOnlyMode }: { readOnlyMode: boolean }) => readOnlyMode)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  const answer = await fetch(`${window.url}/queues/api/queues/submit/pause`, {
    method: 'PUT',
    headers: { authorization },
  });
  expect(answer.status).toBe(403);
});

it('a page of jobs has a hundred at most, whatever its address asks for', async () => {
  await using window = await openWindow();
  const queue = await window.system.session.queues.queue('status-check');
  await queue.addBulk(
    Array.from({ length: 150 }, (_, n) => ({
      name: 'x',
      data: {},
      opts: { delay: 3_600_000, jobId: `j${n}` },
    })),
  );
  const jobsOf = async (jobsPerPage: string) => {
    const address = `/queues/api/queues?activeQueue=status-check&status=delayed&page=1&jobsPerPage=${jobsPerPage}`;
    const { queues } = boardSchema.parse(await (await window.get(address)).json());
    return queues.find(({ name }) => name.endsWith('status-check'))?.jobs.length;
  };
  expect([await jobsOf('20'), await jobsOf('100000000'), await jobsOf('-1'), await jobsOf('x')]).toEqual([
    20, 100, 1, 10,
  ]);
});
