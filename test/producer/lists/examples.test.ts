import { describe, expect, it } from 'vitest';
import { openListFiles } from '../../../src/producer/lists/open-list-files.ts';
import { readList } from '../../../src/producer/lists/read-list.ts';
import { sora } from './read-all.ts';

async function* nothing(): AsyncGenerator<Uint8Array> {}

describe('the bundled examples', () => {
  it.each([
    ['links.txt', 12],
    ['links.csv', 4],
    ['links.jsonl', 4],
  ])('%s holds share links and nothing else', async (name, count) => {
    const path = new URL(`../../../examples/${name}`, import.meta.url).pathname;
    const links = new Set<string>();
    for (const source of openListFiles([path], nothing())) {
      for await (const entries of readList(source, sora)) {
        for (const entry of entries)
          links.add(entry.kind === 'link' ? entry.link : `problem: ${entry.reason}`);
      }
    }
    expect(links.size).toBe(count);
    for (const link of links) expect(link).toMatch(/^https:\/\/sora\.chatgpt\.com\/p\/s_[0-9a-f]{32}$/);
  });
});
