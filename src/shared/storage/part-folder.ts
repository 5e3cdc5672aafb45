/**
 * The folder `.unfinished` of a file storage, with the unfinished bytes of every result: a file per part,
 * named by its key's hash and a token that begins with its owner, and beside it `….json` with its identity.
 * The state is written before the first byte, so a killed process leaves parts that another can judge. One
 * folder for all keeps the batch folders clean and the sweep short; it is as small as the number of
 * transfers under way.
 */

import { createHash } from 'node:crypto';
import {
  constants,
  copyFile,
  type FileHandle,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { PartOnDisk, UsablePart } from './part-choice.ts';
import type { SourceIdentity } from './storage.ts';
import { isMissing } from './storage-error.ts';

export const PART_FOLDER = '.unfinished';

const PART_NAME = /^([0-9a-f]{16})-([0-9a-f]{24})$/;
const STATE_SUFFIX = '.json';

const stateSchema = z.object({
  validator: z.string().optional(),
  totalBytes: z.number().int().nonnegative().optional(),
});

/** What the names of all parts of a key begin with. */
export function partStem(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16);
}

export function partName(stem: string, token: string): string {
  return `${stem}-${token}`;
}

/** The parts of one key. */
export async function listParts(folder: string, stem: string): Promise<PartOnDisk[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(stem) && PART_NAME.test(name));
  const parts = await Promise.all(names.map((name) => readPart(folder, name)));
  return parts.filter((part) => part !== undefined);
}

async function readPart(folder: string, name: string): Promise<PartOnDisk | undefined> {
  const token = PART_NAME.exec(name)?.[2] ?? '';
  try {
    const { size, mtimeMs } = await stat(join(folder, name));
    return { token, identity: await readState(folder, name), bytes: size, modifiedAt: mtimeMs };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function readState(folder: string, name: string): Promise<SourceIdentity | undefined> {
  try {
    const text = await readFile(join(folder, name + STATE_SUFFIX), 'utf8');
    const { validator, totalBytes } = stateSchema.parse(JSON.parse(text));
    return { validator, totalBytes };
  } catch {
    return undefined;
  }
}

export async function createPart(
  folder: string,
  name: string,
  state: SourceIdentity | undefined,
): Promise<FileHandle> {
  if (state !== undefined) await writeState(folder, name, state);
  return open(join(folder, name), 'wx');
}

async function writeState(folder: string, name: string, identity: SourceIdentity): Promise<void> {
  await writeFile(join(folder, name + STATE_SUFFIX), JSON.stringify(identity));
}

/**
 * Makes another part ours under a new token. False where it vanished meanwhile. What was written after
 * the received bytes (a label, by a process killed before its commit) is cut off.
 */
export async function takePart(
  folder: string,
  stem: string,
  from: UsablePart,
  by: 'taking' | 'copying',
  token: string,
): Promise<boolean> {
  const [source, name] = [partName(stem, from.token), partName(stem, token)];
  const [sourcePath, path] = [join(folder, source), join(folder, name)];
  const { totalBytes } = from.identity;
  try {
    await writeState(folder, name, from.identity);
    if (by === 'taking') await rename(sourcePath, path);
    else await copyFile(sourcePath, path, constants.COPYFILE_FICLONE);
    if (totalBytes !== undefined && (await stat(path)).size > totalBytes) await truncate(path, totalBytes);
    if (by === 'taking') await rm(sourcePath + STATE_SUFFIX, { force: true });
    return true;
  } catch (error) {
    await removePart(folder, name);
    if (isMissing(error)) return false;
    throw error;
  }
}

export async function removePart(folder: string, name: string): Promise<void> {
  await rm(join(folder, name), { force: true });
  await removeState(folder, name);
}

export async function removeState(folder: string, name: string): Promise<void> {
  await rm(join(folder, name + STATE_SUFFIX), { force: true });
}

/** Removes every part of a key: its result is stored or given up, so nobody needs them. */
export async function removePartsOf(folder: string, stem: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${stem}-`));
  await Promise.all(names.map((name) => rm(join(folder, name), { force: true })));
}

/** Removes parts and states last written before then, whichever result they belong to. Returns how many. */
export async function sweepParts(
  folder: string,
  writtenBefore: number,
  keep: ReadonlySet<string>,
): Promise<number> {
  let removed = 0;
  for (const name of await readdir(folder)) {
    const token = PART_NAME.exec(name.replace(STATE_SUFFIX, ''))?.[2];
    if (token === undefined || keep.has(token) || !(await isOlder(join(folder, name), writtenBefore)))
      continue;
    await rm(join(folder, name), { force: true });
    if (!name.endsWith(STATE_SUFFIX)) removed += 1;
  }
  return removed;
}

/** A state is as old as its part: it is not written again while the part grows. */
async function isOlder(path: string, writtenBefore: number): Promise<boolean> {
  const times = await Promise.all([path, path.replace(/\.json$/, '')].map((each) => modifiedAt(each)));
  return Math.max(...times) < writtenBefore;
}

async function modifiedAt(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
