/** A list from the browser: uploaded, checked line by line, and enqueued from the very file that was checked. */
import { describe, expect, it } from 'vitest';
import { beginHalt } from '../../src/shared/gate-state/halts.ts';
import { shareLink } from '../setup/system.ts';
import { until } from '../setup/until.ts';
import { csrfIn, openWindow, type TestWindow } from './window.ts';

const links = (count: number) => Array.from({ length: count }, (_, n) => shareLink(n)).join('\n');

/** @returns the address of the check */
async function upload(window: TestWindow, list: string, fields: Record<string, string> = {}) {
  const form = new FormData();
  form.set('csrf', csrfIn(await (await window.get('/new')).text()));
  for (const [name, value] of Object.entries({ batch: 'pasted', model: 'sora-watermark-remover', ...fields }))
    form.set(name, value);
  if (list !== '') form.set('file', new File([list], 'links.txt', { type: 'text/plain' }));
  return fetch(`${window.url}/new/check`, { method: 'POST', body: form, redirect: 'manual' });
}

async function checked(window: TestWindow, answer: Response): Promise<{ path: string; text: string }> {
  expect(answer.status).toBe(303);
  const path = answer.headers.get('location') ?? '';
  let text = '';
  await until(async () => {
    text = await (await window.get(path)).text();
    return !text.includes('Checking:');
  }, 'the list is checked');
  return { path, text };
}

describe('a list from the browser', () => {
  it('of 40,000 links is checked while others are served, and enqueued as it was checked', async () => {
    await using window = await openWindow();
    await window.system.give(3, 'earlier');
    const { path, text } = await checked(
      window,
      await upload(window, `${links(40_000)}\nnonsense\n${shareLink(7)}`),
    );
    expect(text).toContain('39,997');
    expect(text).toContain('1 repeated in the list');
    expect(text).toContain('Enqueue 40,000 links');
    expect(text).toContain('399,970');
    expect(await window.system.session.ledger.batch('pasted')).toBeNull();
    expect((await window.post(path)).headers.get('location')).toMatch(/^\/batches\/pasted\?done=creat/);
    const batch = () => window.system.session.ledger.batch('pasted');
    await until(async () => (await batch())?.counts.queued === 40_000, 'all are enqueued');
    await until(async () => (await window.get(path)).status === 404, 'the upload is forgotten');
  });

  it('takes a budget, a priority and a paused start, and can be changed without another upload', async () => {
    await using window = await openWindow();
    const first = await checked(
      window,
      await upload(window, links(3), { budget: '25', priority: '4', paused: 'on' }),
    );
    const staged = first.path.split('/').at(-1) ?? '';
    expect(await (await window.get(`/new?from=${staged}`)).text()).toContain('as uploaded before');
    const again = await upload(window, '', {
      staged,
      batch: 'changed',
      budget: '15',
      priority: '4',
      paused: 'on',
    });
    const { path, text } = await checked(window, again);
    expect(text).toContain('budget 15');
    await window.post(path);
    expect(await window.system.session.ledger.batch('changed')).toMatchObject({
      budget: 15,
      priority: 4,
      isPaused: true,
      counts: { queued: 3 },
    });
  });

  it('takes inputs from the fields of its model and from columns, which win', async () => {
    await using window = await openWindow();
    const model = 'wan/2-7-videoedit';
    const form = await (await window.get(`/new?model=${encodeURIComponent(model)}`)).text();
    expect(form).toContain('<textarea name="input:wan/2-7-videoedit:prompt"');
    expect(form).toMatch(
      /<select name="input:wan\/2-7-videoedit:resolution">.*default: &quot;1080p&quot;.*720p/s,
    );
    const list = 'url,prompt\nhttps://v.example/1.mp4,rain\nhttps://v.example/2.mp4,\n';
    const given = {
      model,
      [`input:${model}:prompt`]: 'snow',
      [`input:${model}:resolution`]: '720p',
      [`input:${model}:seed`]: '',
      'input:happyhorse/video-edit:prompt': 'of a model that was not chosen',
    };
    const { path, text } = await checked(window, await upload(window, list, given));
    expect(text).toContain('Inputs from columns: prompt.');
    await window.post(path);
    const { ledger } = window.system.session;
    const inputs: unknown[] = [];
    await until(async () => (await ledger.batch('pasted'))?.counts.queued === 2, 'both are enqueued');
    for await (const page of ledger.items('pasted')) inputs.push(...page.map((item) => item.inputs));
    expect(inputs).toEqual([
      { prompt: 'rain', resolution: '720p' },
      { prompt: 'snow', resolution: '720p' },
    ]);
  });

  it('says which input is wrong or missing, and makes no batch', async () => {
    await using window = await openWindow();
    const list = 'https://v.example/1.mp4\n';
    for (const [fields, words] of [
      [
        { model: 'wan/2-7-videoedit', 'input:wan/2-7-videoedit:resolution': '8k' },
        'resolution must be one of 720p, 1080p',
      ],
      [{ model: 'happyhorse/video-edit' }, 'No line has the input prompt'],
      [{ upload: 'on' }, 'nothing can be uploaded'],
    ] as const) {
      const { text } = await checked(window, await upload(window, list, fields));
      expect(text).toContain(words);
    }
    expect(await window.system.session.ledger.batchNames()).toEqual([]);
  });

  it('may have its videos uploaded by workers', async () => {
    await using window = await openWindow();
    const fields = { model: 'topaz/video-upscale', upload: 'on' };
    const { path, text } = await checked(window, await upload(window, 'http://nas.local/1.mp4\n', fields));
    expect(text).toContain('Workers upload the videos.');
    await window.post(path);
    const { ledger } = window.system.session;
    await until(async () => (await ledger.batch('pasted'))?.counts.queued === 1, 'it is enqueued');
    expect(await ledger.uploadsLinks(['pasted'])).toBe(true);
  });

  it('shows which models are on, and since when and why one is off', async () => {
    await using window = await openWindow();
    const { redis, configuration } = window.system.session;
    await beginHalt(
      { redis, prefix: configuration.QUEUE_PREFIX },
      { reason: 'model-paused', model: 'topaz/video-upscale', message: 'back at noon', nextProbeAt: 0 },
    );
    const form = await (await window.get('/new')).text();
    expect(form).toMatch(/value="wan\/2-7-videoedit".{0,200}>on</s);
    expect(form).toMatch(/value="topaz\/video-upscale".{0,200}>off</s);
    expect(form).toMatch(/topaz\/video-upscale is off for <time.{0,200}model-paused.{0,40}back at noon/s);
    expect(form).toMatch(/value="sora-watermark-remover".{0,200}>off</s);
  });

  it.each([
    ['without a link', '# nothing\nnonsense\n', 'This list has no link'],
    ['for a batch whose name cannot be one', links(1), 'start with a letter or digit'],
  ])('%s makes no batch', async (_name, list, words) => {
    await using window = await openWindow();
    const answer = await upload(window, list, words.startsWith('start ') ? { batch: 'bad name' } : {});
    const text = answer.status === 303 ? (await checked(window, answer)).text : await answer.text();
    expect(text).toContain(words);
    const path = answer.headers.get('location');
    if (path !== null) expect((await window.post(path)).status).toBe(422);
    expect(await window.system.session.ledger.batchNames()).toEqual([]);
    expect(await window.system.session.ledger.batch('pasted')).toBeNull();
  });

  it('without the token of the form is not kept', async () => {
    await using window = await openWindow();
    expect((await upload(window, links(1), { csrf: 'wrong' })).status).toBe(403);
  });
});
