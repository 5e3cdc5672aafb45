/** A run over a source that dies anywhere: the next one loses nothing and repeats nothing. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { linkOf, startTaking } from './taking.ts';

const count = 2500;
const numbers = Array.from({ length: count }, (_, n) => n);
const list = numbers.map((n) => `${linkOf(n)}\n`).join('');

class Died extends Error {}

/** Lets `calls` calls through, then dies: before the next one, or after it has taken effect. */
function dying<Given extends unknown[], Result>(
  act: (...given: Given) => Promise<Result>,
  calls: number,
  after: boolean,
): (...given: Given) => Promise<Result> {
  let done = 0;
  return async (...given) => {
    done += 1;
    if (done <= calls) return act(...given);
    if (after) await act(...given);
    throw new Died();
  };
}

describe('a run that dies', () => {
  it.each([
    ['before it enqueues its first links', 'enqueue', 0, false],
    ['after its first links are in the ledger', 'enqueue', 0, true],
    ['in the middle of its links', 'enqueue', 1, true],
    ['before it remembers links', 'remember', 0, false],
    ['after it remembers some', 'remember', 1, true],
    ['before it remembers the list', 'keepMark', 0, false],
    ['after it remembers the list', 'keepMark', 0, true],
  ] as const)('%s is made up for by the next', async (_when, what, calls, after) => {
    const { folder, ledger, memory, take, linksOf } = await startTaking();
    await writeFile(join(folder, 'links.txt'), list);
    const own = memory(`file:${join(folder, 'links.txt')}`);
    const deps = {
      enqueue: { ledger: { ...ledger, enqueue: dying(ledger.enqueue, calls, after) } },
      remember: { memory: { ...own, remember: dying(own.remember, calls, after) } },
      keepMark: { memory: { ...own, keepMark: dying(own.keepMark, calls, after) } },
    }[what];
    await expect(take('links.txt', { batch: 'first', deps })).rejects.toThrow(Died);
    await take('links.txt', { batch: 'second' });
    const links = [...(await linksOf('first')), ...(await linksOf('second'))];
    expect(links.toSorted()).toEqual(numbers.map(linkOf).toSorted());
    expect(await take('links.txt', { batch: 'third' })).toMatchObject({ unchanged: 1 });
  });

  it('because it was told to stop leaves the rest to the next', async () => {
    const { folder, ledger, take, linksOf } = await startTaking();
    await writeFile(join(folder, 'links.txt'), list);
    const stopping = new AbortController();
    const enqueue = async (...given: Parameters<typeof ledger.enqueue>) => {
      stopping.abort();
      return ledger.enqueue(...given);
    };
    const deps = { ledger: { ...ledger, enqueue }, signal: stopping.signal };
    expect(await take('links.txt', { deps })).toMatchObject({ interrupted: true });
    await take('links.txt');
    expect(await linksOf()).toHaveLength(count);
  });
});

describe('the memory of a source', () => {
  it('still knows links that have left the ledger', async () => {
    const { memory } = await startTaking();
    const links = numbers.map((n) => ({ id: `s_${n}`, url: linkOf(n) }));
    const own = memory('file:/links.txt');
    await own.remember(links.slice(0, 1000));
    const areNew = await own.areNew(links);
    expect(areNew).toEqual(numbers.map((n) => n >= 1000));
  });

  it('is another one for each source, and can be forgotten', async () => {
    const { memory } = await startTaking();
    const link = { id: 's_1', url: linkOf(1) };
    await memory('file:/a').remember([link]);
    await memory('file:/a').keepMark('a', 'mark');
    expect(await memory('file:/b').areNew([link])).toEqual([true]);
    await memory('file:/a').forget();
    expect(await memory('file:/a').areNew([link])).toEqual([true]);
    expect((await memory('file:/a').marks()).size).toBe(0);
  });
});
