import { describe, expect, it } from 'vitest';
import { readAll } from './read-all.ts';

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
