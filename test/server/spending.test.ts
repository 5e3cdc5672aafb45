/** Nothing is paid by one click: actions that spend are shown before they are done, and held links have three ways out. */
import { describe, expect, it } from 'vitest';
import { shareLink } from '../setup/system.ts';
import { until } from '../setup/until.ts';
import { makeVendorTask } from '../setup/vendor-task.ts';
import { openWindow } from './window.ts';

async function failAll(
  { system }: Awaited<ReturnType<typeof openWindow>>,
  ids: readonly string[],
  reason: 'rejected' | 'budget-exhausted',
) {
  for (const id of ids) await system.session.ledger.move('fail', id, { reason, message: 'no' });
}

describe('a retry', () => {
  it('is shown with its links and credits first, and done by the form alone', async () => {
    await using window = await openWindow();
    const ids = await window.system.give(4);
    await failAll(window, ids.slice(0, 3), 'rejected');
    const page = await (await window.get('/batches/test/retry?reason=rejected')).text();
    expect(page).toContain('Retry 3 links?');
    expect(page).toContain('at most, 10 a task');
    const batch = () => window.system.session.ledger.batch('test');
    expect(await batch()).toMatchObject({ counts: { failed: 3 } });
    // Meanwhile there are more than the person was shown.
    await failAll(window, ids.slice(3), 'rejected');
    expect((await window.post('/batches/test/retry', { reason: 'rejected', links: '3' })).status).toBe(409);
    expect(await batch()).toMatchObject({ counts: { failed: 4 } });
    expect((await window.post('/batches/test/retry', { reason: 'rejected', links: '4' })).status).toBe(303);
    expect(await batch()).toMatchObject({ counts: { queued: 4 } });
  });

  it('of links that the budget stopped shows the budget and can change it', async () => {
    await using window = await openWindow();
    const ids = await window.system.give(2);
    await window.system.session.ledger.setBudget('test', 5, 10);
    await failAll(window, ids, 'budget-exhausted');
    const page = await (await window.get('/batches/test/retry?reason=budget-exhausted')).text();
    expect(page).toContain('may spend 5 credits');
    expect(page).toContain('about 20');
    await window.post('/batches/test/retry', { reason: 'budget-exhausted', budget: '20' });
    expect(await window.system.session.ledger.batch('test')).toMatchObject({
      budget: 20,
      counts: { queued: 2 },
    });
  });
});

describe('a retry of several batches', () => {
  it('is shown with what each of them costs, and leaves those alone that have more by then', async () => {
    await using window = await openWindow();
    const { ledger } = window.system.session;
    const ids = await window.system.give(3, 'first');
    await ledger.openBatch('second', { model: 'sora-watermark-remover', root: `${window.system.folder}/` });
    const others = [101, 102].map(shareLink).map((url) => ({ id: url.slice(url.lastIndexOf('/') + 1), url }));
    await ledger.enqueue('second', others);
    await failAll(window, ids.slice(0, 2), 'rejected');
    await failAll(window, [others[0]?.id ?? ''], 'rejected');
    const chosen = await window.post('/batches', {
      action: 'retry',
      'batch.first': 'on',
      'batch.second': 'on',
    });
    const page = await (await window.get(chosen.headers.get('location') ?? '')).text();
    expect(page).toContain('Retry 3 links of 2 batches?');
    expect(page).toMatch(/Credits<\/dt><dd>30</);
    const fields = Object.fromEntries(
      [...page.matchAll(/name="((?:links|price)\.\w+)" value="(\d+)"/g)].map(([, name, value]) => [
        name,
        value,
      ]),
    );
    expect(fields).toEqual({
      'links.first': '2',
      'price.first': '10',
      'links.second': '1',
      'price.second': '10',
    });
    expect((await ledger.batch('first'))?.counts.failed).toBe(2);
    await failAll(window, ids.slice(2), 'rejected');
    const answer = await window.post('/retry', fields);
    expect(answer.headers.get('location')).toBe('/batches?done=retried-some&n=1');
    expect((await ledger.batch('first'))?.counts.failed).toBe(3);
    expect((await ledger.batch('second'))?.counts).toMatchObject({ failed: 0, queued: 2 });
  });
});

describe('a held link', () => {
  async function openHeld() {
    const window = await openWindow();
    const [id = ''] = await window.system.give(1);
    const { ledger } = window.system.session;
    await ledger.move('beginSubmit', id);
    await ledger.move('hold', id, { addAttempts: 1, message: 'the answer was lost' });
    return { window, id, item: () => ledger.item(id) };
  }

  it('continues with a task that its record proves, and with no other', async () => {
    const { window, id, item } = await openHeld();
    await using _ = window;
    expect(await (await window.get(`/items/${id}`)).text()).toContain('Attach this task');
    await window.system.startWorker();
    const foreign = await makeVendorTask(window.system, shareLink(77));
    await window.post(`/items/${id}/attach`, { taskId: foreign });
    await until(
      async () => (await (await window.get(`/items/${id}`)).text()).includes('does not belong to this link'),
      'the story tells that the task is refused',
    );
    expect(await item()).toMatchObject({ state: 'held', taskIds: [] });
    const own = await makeVendorTask(window.system, shareLink(0));
    await window.post(`/items/${id}/attach`, { taskId: own });
    await until(async () => (await item())?.state === 'saved', 'the link is saved by its task');
    expect(await item()).toMatchObject({ taskIds: [own], possiblyPaidTwice: 0 });
  });

  it('can be given up, and is then not paid again by accident', async () => {
    const { window, id, item } = await openHeld();
    await using _ = window;
    expect((await window.post(`/items/${id}/give-up`)).status).toBe(303);
    expect(await item()).toMatchObject({ state: 'cancelled', message: 'given up by a person' });
    expect(await window.system.session.ledger.batch('test')).toMatchObject({
      counts: { held: 0, cancelled: 1 },
    });
  });
});

it('links possibly paid twice are found, shown and exported', async () => {
  await using window = await openWindow();
  const [first = ''] = await window.system.give(3);
  const { ledger } = window.system.session;
  await ledger.move('beginSubmit', first);
  await ledger.move('submitLater', first, { addPossiblyPaidTwice: 1 });
  const page = await (await window.get('/batches/test?twice=1')).text();
  expect([...page.matchAll(/href="\/items\/(s_\w+)"/g)].map(([, id]) => id)).toEqual([first]);
  const found = await (await window.get('/api/v1/batches/test/items?paidTwice=true')).json();
  expect(found.items.map(({ id }: { id: string }) => id)).toEqual([first]);
  const exported = await (await window.get('/batches/test/export?format=csv&twice=1')).text();
  const [head = '', row = ''] = exported.trim().split('\r\n');
  expect(head.endsWith(',possiblyPaidTwice,row')).toBe(true);
  expect(row.endsWith(',1,')).toBe(true);
});
