/** The example of a typed client against a real server: what compiles works, and what is wrong does not compile. */
import { expect, it } from 'vitest';
import { ApiError, createClient, runBatch } from '../../examples/api-client.ts';
import { shareLink } from '../setup/system.ts';
import { openWindow } from './window.ts';

it('a program enqueues, waits, reads items and gets the reason of a refusal', async () => {
  await using window = await openWindow({
    environment: {
      API_TOKENS: 'ci:operator:0123456789abcdef',
      DASHBOARD_USER: 'a',
      DASHBOARD_PASSWORD: 'a-password-1',
    },
  });
  await window.system.startWorker();
  const call = createClient(window.url, '0123456789abcdef');
  const batch = await runBatch(call, 'news', [1, 2].map(shareLink), 50);
  expect([batch.ended, batch.states['saved'], batch.creditsSpent]).toEqual([true, 2, 20]);
  const { items } = await call('items', { params: { name: 'news' }, query: { limit: 1, state: 'saved' } });
  expect(items).toMatchObject([{ state: 'saved', batch: 'news' }]);
  const { models } = await call('models');
  expect(models.map(({ id }) => id)).toContain(batch.model);
  await expect(call('batch', { params: { name: 'a/b' } })).rejects.toMatchObject({ status: 422 });
  const refused = call('retryBatch', { params: { name: 'none' }, body: { atMost: { items: 1 } } });
  await expect(refused).rejects.toThrow(ApiError);
  await expect(createClient(window.url, 'wrong')('overview')).rejects.toMatchObject({ status: 401 });
});

it('a call with a wrong name, without its parameters or with a field too many does not compile', () => {
  const call = createClient('http://127.0.0.1:1');
  const never = [
    // @ts-expect-error no such call
    () => call('nothing'),
    // @ts-expect-error which batch?
    () => call('batch'),
    // @ts-expect-error no such state
    () => call('items', { params: { name: 'a' }, query: { state: 'lost' } }),
    // @ts-expect-error no such field
    () => call('retryBatch', { params: { name: 'a' }, body: { budgett: 3 } }),
  ];
  expect(never).toHaveLength(4);
});
