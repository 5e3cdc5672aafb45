/** Finding items among many, against a real Redis. */
import { describe, expect, it } from 'vitest';
import type { ItemFilter } from '../../../../src/shared/ledger/search/item-pages.ts';
import { createItemSearch, type ItemSearch } from '../../../../src/shared/ledger/search/item-search.ts';
import { identifyLink } from '../../../../src/shared/models/identify-link.ts';
import type { Inputs } from '../../../../src/shared/models/input-spec.ts';
import { type System, shareLink, startSystem } from '../../../setup/system.ts';

function searchOf({ session }: System): ItemSearch {
  return createItemSearch({ ...session, prefix: session.configuration.QUEUE_PREFIX });
}

async function fail(system: System, ids: readonly string[], message: string): Promise<void> {
  for (const id of ids) await system.session.ledger.move('fail', id, { reason: 'rejected', message });
}

async function all(search: ItemSearch, filter: ItemFilter, size = 7): Promise<string[]> {
  const ids: string[] = [];
  for (let from: number | null = 0; from !== null; ) {
    const page = await search.page('test', filter, { from, size, budgetMs: 1000 });
    ids.push(...page.items.map(({ id }) => id));
    from = page.next;
  }
  return ids;
}

describe('an item is found', () => {
  it('by its id, its link with whatever hangs on it, and each of its task ids', async () => {
    await using system = await startSystem();
    const [id = ''] = await system.give(3);
    const search = searchOf(system);
    await system.session.ledger.move('beginSubmit', id);
    await system.session.ledger.move('recordTask', id, { taskId: 'ee9c2715375b7837f8bb51d641ff5863' });
    for (const text of [
      id,
      ` ${id} `,
      shareLink(0),
      `${shareLink(0)}?utm_source=x`,
      'ee9c2715375b7837f8bb51d641ff5863',
    ])
      expect((await search.find(text))?.id).toBe(id);
    for (const text of ['', 'nothing', 'https://example.com/', 'ee9c2715375b7837f8bb51d641ff5864', '\u0000'])
      expect(await search.find(text)).toBeNull();
  });

  it('by the task of a link whose id is no share id', async () => {
    await using system = await startSystem();
    await system.give(0);
    await system.session.ledger.enqueue('test', [
      { id: 'h0123456789abcdef0123', url: 'https://example.com/v.mp4' },
    ]);
    await system.session.ledger.move('beginSubmit', 'h0123456789abcdef0123');
    await system.session.ledger.move('recordTask', 'h0123456789abcdef0123', { taskId: 'task_x_1' });
    expect((await searchOf(system).find('task_x_1'))?.id).toBe('h0123456789abcdef0123');
  });
});

describe('a link that was given with several inputs', () => {
  it('shows all its items, in its batch and in all of them', async () => {
    await using system = await startSystem();
    const { ledger, models } = system.session;
    const topaz = models.get('topaz/video-upscale');
    const url = 'https://videos.example/a.mp4';
    const itemOf = (inputs: Inputs) => {
      const link = identifyLink(topaz, url, inputs);
      if (!link.ok) throw new Error(link.reason);
      return { id: link.id, url, inputs };
    };
    const [plain, one, four] = [itemOf({}), itemOf({ upscale_factor: '1' }), itemOf({ upscale_factor: '4' })];
    const other = { id: 'h0', url: 'https://videos.example/b.mp4' };
    await ledger.openBatch('test', { model: topaz.id, root: '/' });
    await ledger.enqueue('test', [other, plain, one]);
    await ledger.openBatch('later', { model: topaz.id, root: '/' });
    await ledger.enqueue('later', [four]);
    const search = searchOf(system);
    const ids = (await search.findAll(url)).map(({ id }) => id).sort();
    expect(ids).toEqual([plain.id, one.id, four.id].sort());
    expect((await search.findAll(other.id)).map(({ id }) => id)).toEqual([other.id]);
    expect(await search.understand('test', one.id)).toMatchObject({ kind: 'item', item: { id: one.id } });
    const sought = await search.understand('test', `${url}#t=1`);
    if (sought.kind !== 'part') throw new Error('a link may have several items');
    expect(await all(search, { part: sought.part })).toEqual([plain.id, one.id]);
  });
});

describe('a page of items', () => {
  it('holds all of them in order when nothing is asked for', async () => {
    await using system = await startSystem();
    const ids = await system.give(40);
    expect(await all(searchOf(system), {})).toEqual(ids);
  });

  it('holds exactly those in a state or failed for a reason, each once', async () => {
    await using system = await startSystem();
    const ids = await system.give(60);
    const search = searchOf(system);
    await fail(system, ids.slice(10, 30), 'no');
    expect((await all(search, { state: 'failed' })).sort()).toEqual(ids.slice(10, 30));
    expect((await all(search, { reason: 'rejected' })).sort()).toEqual(ids.slice(10, 30));
    expect(await all(search, { reason: 'task-timeout' })).toEqual([]);
    expect(await all(search, { state: 'queued' })).toEqual([...ids.slice(0, 10), ...ids.slice(30)]);
    expect(await all(search, { part: ids[5]?.slice(-6) })).toEqual([ids[5]]);
  });

  it('omits what has been retried', async () => {
    await using system = await startSystem();
    const ids = await system.give(5);
    await fail(system, ids, 'no');
    await system.session.ledger.move('requeue', ids[2] ?? '', { reason: null });
    expect(await all(searchOf(system), { state: 'failed' })).not.toContain(ids[2]);
  });

  it('stops when its time is up and says where to continue', async () => {
    await using system = await startSystem();
    await system.give(30_000);
    const page = await searchOf(system).page('test', { state: 'saved' }, { from: 0, size: 10, budgetMs: 0 });
    expect(page.items).toEqual([]);
    expect(page.next).toBe(page.examined);
    expect(page.examined).toBeLessThan(30_000);
  });
});

it('failures are grouped by reason and message without numbers', async () => {
  await using system = await startSystem();
  const ids = await system.give(10);
  await fail(system, ids.slice(0, 3), 'too long: 700 characters');
  await fail(system, ids.slice(3, 5), 'too long: 900 characters');
  await fail(system, ids.slice(5, 6), 'gone');
  expect((await searchOf(system).failures('test')).groups).toEqual([
    { reason: 'rejected', message: 'too long: … characters', count: 5 },
    { reason: 'rejected', message: 'gone', count: 1 },
  ]);
});

it('the oldest waiting link and the oldest task are known', async () => {
  await using system = await startSystem();
  const search = searchOf(system);
  expect(await search.oldestWaiting()).toMatchObject({ queuedAt: null, submittedAt: null });
  const [id = ''] = await system.give(2);
  const { queuedAt, now } = await search.oldestWaiting();
  expect(queuedAt).toBe((await system.session.ledger.item(id))?.enqueuedAt);
  expect(now).toBeGreaterThanOrEqual(queuedAt ?? 0);
});
