import { describe, expect, it } from 'vitest';
import { decideFormat } from '../../../src/producer/lists/list-format.ts';
import type { ListFormat } from '../../../src/producer/lists/list-source.ts';

const LINK = 'https://sora.chatgpt.com/p/s_68e83bd7eee88191be79d2ba7158516f';

describe('the format of a list', () => {
  it.each<[name: string, head: string, format: ListFormat]>([
    ['links.txt', `url,title\n${LINK},a`, 'text'],
    ['links.LIST', LINK, 'text'],
    ['links.csv', LINK, 'csv'],
    ['links.csv.gz', LINK, 'csv'],
    ['links.tsv', LINK, 'tsv'],
    ['links.ndjson', `{"url":"${LINK}"}`, 'json'],
    ['links.json', '', 'jsonl'],
    ['links.jsonl', `{"a":1}\n{"a":2}`, 'jsonl'],
    ['links.jsonl', `[\n"${LINK}"\n]`, 'json'],
    ['links.jsonl', `{\n "links": [\n`, 'json'],
    ['links.jsonl', `["a"]\n["b"]`, 'jsonl'],
    ['links.jsonl', `{"url": broken\n{"url":"${LINK}"}`, 'jsonl'],
    ['links.jsonl', `oops\n{"url":"${LINK}"}`, 'jsonl'],
    ['links.json', `["${LINK}"]`, 'json'],
    ['links.json', `{"links":["${LINK}"]}`, 'json'],
    ['links.json', `{"url":"${LINK}"}\n{"url":"${LINK}"}`, 'jsonl'],
    ['links.json', `{ "links": [\n{"url":"${LINK}"},`, 'json'],
    ['links.json', `"${LINK}"\n"${LINK}"`, 'jsonl'],
    ['links.json', `${LINK}\n${LINK}`, 'text'],
    ['-', `${LINK}\n${LINK}`, 'text'],
    ['-', '', 'text'],
    ['links', `["${LINK}"]`, 'json'],
    ['links', `[boats](${LINK})`, 'text'],
    ['-', `{"url":"${LINK}"}\n{"url":"${LINK}"}`, 'jsonl'],
    ['-', `"${LINK}"\n"${LINK}"`, 'text'],
    ['-', `url\n${LINK}`, 'csv'],
    ['-', `Title;Video URL\na;${LINK}`, 'csv'],
    ['-', `sep=;\na;${LINK}`, 'csv'],
    ['-', `id,title,address\n1,a,${LINK}\n2,b,${LINK}`, 'csv'],
    ['-', `${LINK}\tA title`, 'text'],
    ['-', `${LINK},a\n${LINK},b`, 'text'],
    ['-', `${LINK},\n${LINK},`, 'text'],
    ['-', `${LINK}?a=1,2`, 'text'],
    ['-', `${LINK}?a=1,2\n${LINK}`, 'text'],
    ['-', `${LINK}, ${LINK}\n${LINK}, ${LINK}`, 'text'],
    ['links.html', '<p>', 'page'],
    ['-', '\n<!DOCTYPE NETSCAPE-Bookmark-file-1>', 'page'],
    ['link.URL', '[InternetShortcut]', 'page'],
    ['-', `# Links, as asked\n${LINK}`, 'text'],
  ])('%s with %j is %s', (name, head, format) => {
    expect(decideFormat({ name, head, isWhole: true })).toBe(format);
  });

  it('is a table when a column is asked for and no name says otherwise', () => {
    expect(decideFormat({ name: '-', head: `address\n${LINK}`, isWhole: true, column: 'address' })).toBe(
      'csv',
    );
    expect(decideFormat({ name: 'a.txt', head: LINK, isWhole: true, column: 'address' })).toBe('text');
    expect(
      decideFormat({ name: '-', head: `[{"address":"${LINK}"}]`, isWhole: true, column: 'address' }),
    ).toBe('json');
  });

  it('is what the caller says, whatever the name and the content say', () => {
    expect(decideFormat({ name: 'a.csv', head: '[1]', isWhole: true, format: 'text' })).toBe('text');
  });

  it('is taken from the name when the first line is longer than the head', () => {
    const head = `{"title":"${'a'.repeat(100)}`;
    expect(decideFormat({ name: 'a.jsonl', head, isWhole: false })).toBe('jsonl');
    expect(decideFormat({ name: 'a.json', head, isWhole: false })).toBe('json');
    expect(decideFormat({ name: 'a.jsonl', head: `[${head}`, isWhole: false })).toBe('json');
  });

  it('is a table whatever its name, where a column is an input of the model', () => {
    const evidence = { name: 'clips.txt', head: `url,Prompt\n${LINK},a`, isWhole: true };
    expect(decideFormat({ ...evidence, inputs: ['prompt'] })).toBe('csv');
    expect(decideFormat({ ...evidence, inputs: ['seed'] })).toBe('text');
  });
});
