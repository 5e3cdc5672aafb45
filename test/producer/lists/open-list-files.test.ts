import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ListError } from '../../../src/producer/lists/list-error.ts';
import { openListFiles, type StandardInput } from '../../../src/producer/lists/open-list-files.ts';
import { readList } from '../../../src/producer/lists/read-list.ts';
import { sora } from './read-all.ts';

const LINK = 'https://sora.chatgpt.com/p/s_68e83bd7eee88191be79d2ba7158516f';

let folder: string;
let list: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kie-batch-lists-'));
  list = join(folder, 'links.txt');
  writeFileSync(list, `${LINK}\n`);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function standardInput(isTTY?: boolean): StandardInput {
  return {
    isTTY,
    async *[Symbol.asyncIterator]() {
      yield Buffer.from(`${LINK}#piped`);
    },
  };
}

async function linksOf(paths: readonly string[], stdin: StandardInput): Promise<string[]> {
  const links: string[] = [];
  for (const source of openListFiles(paths, stdin)) {
    for await (const entries of readList(source, sora)) {
      for (const entry of entries) if (entry.kind === 'link') links.push(`${source.name} ${entry.link}`);
    }
  }
  return links;
}

function refusalOf(paths: readonly string[], stdin: StandardInput): string {
  try {
    openListFiles(paths, stdin);
  } catch (error) {
    expect(error).toBeInstanceOf(ListError);
    expect(error).toMatchObject({ code: 'lists-unreadable' });
    return error instanceof Error ? error.message : '';
  }
  return 'nothing was refused';
}

describe('opening lists', () => {
  it('reads files and standard input in the order they are named', async () => {
    const links = await linksOf(['-', list], standardInput(false));
    expect(links).toEqual([`- ${LINK}#piped`, `${list} ${LINK}`]);
  });

  it('reads standard input when nothing is named', async () => {
    expect(await linksOf([], standardInput())).toEqual([`- ${LINK}#piped`]);
  });

  it('lets a file be read twice', async () => {
    expect(await linksOf([list, list], standardInput())).toHaveLength(2);
  });

  it('does not mind a terminal that is not to be read', async () => {
    expect(await linksOf([list], standardInput(true))).toHaveLength(1);
  });

  it('names every problem at once', () => {
    const missing = join(folder, 'missing.txt');
    const message = refusalOf(['-', missing, folder, '-', join(list, 'below')], standardInput(false));
    expect(message.split('\n  ')).toEqual([
      'These lists cannot be read:',
      '"-" is given 2 times, but standard input can be read only once.',
      `"${missing}" does not exist. Check the name and the folder you are in.`,
      `"${folder}" is a folder without videos (.mp4, .mov, .webm, .mkv). Name the lists in it.`,
      `"${join(list, 'below')}" does not exist: part of its path is a file, not a folder.`,
    ]);
  });

  it.each([
    ['no list at all', [], 'No list given. Name a file, or pipe a list in: kie-batch run - < links.txt'],
    [
      'a terminal by name',
      ['-'],
      'Standard input ("-") is a terminal. Name a file, or pipe a list in: kie-batch run - < links.txt',
    ],
  ])('does not wait for somebody to type: %s', (_what, paths, message) => {
    expect(refusalOf(paths, standardInput(true))).toBe(message);
  });

  it('shows a strange name without its control characters', () => {
    expect(refusalOf(['\u001b[31m\u0007'], standardInput(false))).toContain('"·[31m·" does not exist');
  });

  // Root may read everything, whatever the permissions say.
  it.skipIf(process.getuid?.() === 0)('refuses a file this user may not read', () => {
    const secret = join(folder, 'secret.txt');
    writeFileSync(secret, LINK);
    chmodSync(secret, 0o000);
    expect(refusalOf([secret], standardInput(false))).toContain('is not readable by this user');
  });

  it('says so when a file has gone before it is read', async () => {
    const fleeting = join(folder, 'fleeting.txt');
    writeFileSync(fleeting, LINK);
    const [source] = openListFiles([fleeting], standardInput(false));
    rmSync(fleeting);
    if (source === undefined) expect.fail('a source was expected');
    await expect(readList(source, sora).next()).rejects.toMatchObject({ code: 'list-read-failed' });
  });
});
