/** `.env` files as editors save them, and names of settings that are nearly right. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseConfiguration } from '../../../src/shared/configuration/configuration.ts';
import { readEnvFile } from '../../../src/shared/configuration/env-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kie-batch-env-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const text = 'KIE_API_KEY=abc\nLOG_LEVEL="debug"\n';
it.each([
  ['UTF-8', Buffer.from(text)],
  ['UTF-8 with a mark', Buffer.from(`\ufeff${text}`)],
  ['UTF-16, little end first', Buffer.from(`\ufeff${text}`, 'utf16le')],
  ['UTF-16, big end first', Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
])('a file in %s is read', async (name, bytes) => {
  const file = join(folder, name.replaceAll(/\W/g, '-'));
  await writeFile(file, bytes);
  expect(readEnvFile(file)).toEqual({ KIE_API_KEY: 'abc', LOG_LEVEL: 'debug' });
});

it.each([
  ['UTF-16 without a mark', Buffer.from(text, 'utf16le')],
  ['Latin-1', Buffer.from('KIE_API_KEY=für\n', 'latin1')],
])('a file in %s is refused in words', async (name, bytes) => {
  const file = join(folder, name.replaceAll(/\W/g, '-'));
  await writeFile(file, bytes);
  expect(() => readEnvFile(file)).toThrow(/Save it as UTF-8/);
});

it('a folder of that name is refused in words, and none is no settings', async () => {
  const path = join(folder, '.env');
  expect(readEnvFile(path)).toEqual({});
  await mkdir(path);
  expect(() => readEnvFile(path)).toThrow(/is a folder/);
});

it.each([
  ['SUBMIT_LIMITS', 'SUBMIT_LIMIT'],
  ['STORAGE_ULR', 'STORAGE_URL'],
  ['KIE_APIKEY', 'KIE_API_KEY'],
  ['MAX_INFLIGHT', 'MAX_IN_FLIGHT'],
])('%s is noticed, and %s suggested', (given, meant) => {
  const { warnings } = parseConfiguration({ [given]: 'x' });
  expect(warnings).toEqual([`${given} is not a setting of kie-batch and is ignored; did you mean ${meant}?`]);
});

it.each(['HTTP_PROXY', 'NO_PROXY', 'LD_LIBRARY_PATH', 'XDG_CACHE_HOME', 'npm_config_cache', 'HOSTNAME'])(
  '%s is somebody else’s',
  (name) => {
    expect(parseConfiguration({ [name]: 'x' }).warnings).toEqual([]);
  },
);
