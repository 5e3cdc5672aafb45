import { describe, expect, it } from 'vitest';
import { loadModels } from '../../../src/shared/models/load-models.ts';
import { readAll, topaz } from './read-all.ts';

const LINK = 'https://sora.chatgpt.com/p/s_aaaa3bd7eee88191be79d2ba7158516f';

describe('the other values of a row', () => {
  it.each([
    ['a.csv', `url,Prompt,n\n${LINK},"a, b",7\n`],
    ['a.tsv', `url\tPrompt\tn\n${LINK}\ta, b\t7\n`],
    ['a.json', `[{"url":"${LINK}","Prompt":"a, b","n":7,"tags":["x"],"none":null}]`],
    ['a.jsonl', `{"url":"${LINK}","Prompt":"a, b","n":7,"tags":["x"],"none":null}\n{}`],
  ])('travel with its link under their names in %s', async (name, content) => {
    const [entry] = await readAll(name, content);
    expect(entry).toMatchObject({ kind: 'link', fields: { url: LINK, Prompt: 'a, b', n: '7' } });
  });

  it.each([
    ['a.txt', LINK],
    ['a.csv', `${LINK},x`],
    ['a.json', `["${LINK}"]`],
  ])('are unknown where nothing names them, as in %s', async (name, content) => {
    expect((await readAll(name, content))[0]).toMatchObject({ kind: 'link', fields: undefined });
  });
});

describe('inputs that are lists or objects', () => {
  const omni = loadModels({ extraFiles: [] }).get('kling-3.0-omni/transformation');
  const video = 'https://videos.example/a.mp4';
  const nested = {
    image_urls: ['https://i.example/1.png', 'https://i.example/"2".png'],
    elements: [{ a: [], b: { c: -1.5e3, d: null, e: true } }],
  };
  const row = JSON.stringify({
    url: video,
    prompt: 'x',
    ...nested,
  });

  it.each([
    ['a.json', `[${row}]`],
    ['one.json', row],
    ['links.json', `{"links":[${row}]}`],
    ['a.jsonl', `${row}\n`],
  ])('are taken whole in %s, wherever the text is cut', async (name, content) => {
    for (const cutAt of [[], [7, 60, 99, 143, 170]]) {
      const entries = await readAll(name, content, {}, cutAt, omni);
      expect(entries).toHaveLength(1);
      const [entry] = entries;
      if (entry?.kind !== 'link') throw new Error('no link');
      expect(entry.link).toBe(video);
      expect(JSON.parse(entry.fields?.['image_urls'] ?? '')).toEqual(nested.image_urls);
      expect(JSON.parse(entry.fields?.['elements'] ?? '')).toEqual(nested.elements);
    }
  });

  it.each([
    ['a.json', `[{"url":"${video}","inputs":{"upscale_factor":4,"nsfw_checker":false}}]`],
    ['a.jsonl', `{"url":"${video}","inputs":{"upscale_factor":4,"nsfw_checker":false}}\n`],
    ['a.csv', `url,inputs\n${video},"{""upscale_factor"":4,""nsfw_checker"":false}"\n`],
  ])('may stand together as in an export, in %s', async (name, content) => {
    const [entry] = await readAll(name, content, {}, [], topaz);
    expect(entry).toMatchObject({ fields: { url: video, upscale_factor: '4', nsfw_checker: 'false' } });
  });

  it('that are too long make their line a problem', async () => {
    const long = JSON.stringify([
      { url: video, elements: ['x'.repeat(40_000), 'y'.repeat(40_000)] },
      { url: video },
    ]);
    const entries = await readAll('a.json', long, {}, [], omni);
    expect(entries.map(({ kind }) => kind)).toEqual(['problem', 'link']);
  });
});
