/** Bull Board's jobs say which link they are about, and its buttons do nothing that could cost money. */
import { expect, it } from 'vitest';
import { until } from '../setup/until.ts';
import { openWindow } from './window.ts';

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
  expect((await act(`status-check/${id}/promote`)).status).toBe(204);
  await until(
    async () => (await (await queues.queue('status-check')).getJob(id))?.delay !== undefined,
    'it waits again',
  );
  expect(await ledger.item(id)).toMatchObject({ state: 'processing' });
  expect((await ledger.item(id))?.taskIds).toHaveLength(1);
});
