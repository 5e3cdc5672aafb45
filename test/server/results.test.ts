/** The results of a batch: as a zip made while it is sent, as a list of addresses, one by one, and as a gallery. */
import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { shareLink } from '../setup/system.ts';
import { zipNames } from '../setup/zip-names.ts';
import { openWindow } from './window.ts';

async function openWithResults(links: number) {
  const window = await openWindow();
  const ids = await window.system.give(links);
  await window.system.startWorker();
  await window.system.ended();
  const items = await Promise.all(ids.map((id) => window.system.session.ledger.item(id)));
  return { window, ids, files: items.map((item) => item?.file ?? '') };
}

it('all results come as one zip with their sidecars, and what is gone is named', async () => {
  const { window, ids, files } = await openWithResults(3);
  await using _ = window;
  await rm(files[1] ?? '');
  const answer = await window.get('/batches/test/results.zip');
  expect(answer.headers.get('content-disposition')).toContain('test.zip');
  const names = zipNames(Buffer.from(await answer.arrayBuffer()));
  const kept = [ids[0], ids[2]].flatMap((id) => [`test/${id}.mp4`, `test/${id}.json`]);
  expect(names).toEqual([...kept, 'NOT-INCLUDED.txt']);
});

it('a choice comes as a zip, and only of what belongs to the batch', async () => {
  const { window, ids } = await openWithResults(3);
  await using _ = window;
  await window.system.session.ledger.openBatch('other', { model: 'sora-watermark-remover', root: '/tmp/' });
  const zip = async (path: string) =>
    zipNames(Buffer.from(await (await window.get(path)).arrayBuffer())).filter((name) =>
      name.endsWith('.mp4'),
    );
  const chosen = `item=${ids[0]}&item=${ids[2]}`;
  expect(await zip(`/batches/test/results.zip?${chosen}`)).toHaveLength(2);
  expect(await zip(`/batches/test/results.zip?item=${ids[1]}`)).toEqual([`test/${ids[1]}.mp4`]);
  expect(await zip(`/batches/other/results.zip?${chosen}`)).toEqual([]);
  expect((await window.get('/batches/none/results.zip')).status).toBe(404);
});

it('the addresses lead to the files', async () => {
  const { window, ids } = await openWithResults(2);
  await using _ = window;
  const text = await (await window.get('/batches/test/results.txt')).text();
  expect(text.trim().split('\n')).toEqual(ids.map((id) => `${window.url}/items/${id}/video`));
  const one = await (
    await window.get(`/batches/test/results.txt?q=${encodeURIComponent(shareLink(1))}`)
  ).text();
  expect(one.trim()).toBe(`${window.url}/items/${ids[1]}/video`);
  const saved = await window.get(`/items/${ids[0]}/video?save=1`);
  expect(saved.headers.get('content-disposition')).toBe(`attachment; filename="${ids[0]}.mp4"`);
});

it('the gallery shows what is saved alone', async () => {
  const { window, ids } = await openWithResults(2);
  await using _ = window;
  await window.system.session.ledger.enqueue('test', [
    { id: 's_more', url: 'https://sora.chatgpt.com/p/s_more' },
  ]);
  const page = await (await window.get('/batches/test?view=gallery')).text();
  for (const id of ids) expect(page).toContain(`src="/items/${id}/video#t=0.001"`);
  expect(page).not.toContain('data-keep="s_more"');
});
