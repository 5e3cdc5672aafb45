/**
 * The folder `<key>.part` with the unfinished bytes of one result: a file per part, named by a token that
 * begins with its owner, and beside it `<token>.json` with its identity. The state is written before the
 * first byte, so a killed process leaves parts that another can judge. A folder per result keeps the
 * listing small, however many results share a batch.
 */

import {
  constants,
  copyFile,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { PartOnDisk, UsablePart } from './part-choice.ts';
import type { SourceIdentity } from './storage.ts';
import { isMissing } from './storage-error.ts';

const TOKEN = /^[0-9a-f]{24}$/;
const STATE_SUFFIX = '.json';

const stateSchema = z.object({
  validator: z.string().optional(),
  totalBytes: z.number().int().nonnegative().optional(),
});

export async function listParts(folder: string): Promise<PartOnDisk[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const parts = await Promise.all(
    names.filter((name) => TOKEN.test(name)).map((token) => readPart(folder, token)),
  );
  return parts.filter((part) => part !== undefined);
}

/** Whether a folder holds nothing but parts: then, and only then, it is ours to clear. */
export async function holdsOnlyParts(folder: string): Promise<boolean> {
  const names = await readdir(folder);
  return names.every((name) => TOKEN.test(name.replace(STATE_SUFFIX, '')));
}

async function readPart(folder: string, token: string): Promise<PartOnDisk | undefined> {
  try {
    const { size, mtimeMs } = await stat(join(folder, token));
    return { token, identity: await readState(folder, token), bytes: size, modifiedAt: mtimeMs };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function readState(folder: string, token: string): Promise<SourceIdentity | undefined> {
  try {
    const text = await readFile(join(folder, token + STATE_SUFFIX), 'utf8');
    const { validator, totalBytes } = stateSchema.parse(JSON.parse(text));
    return { validator, totalBytes };
  } catch {
    return undefined;
  }
}

/** Opens a new part for writing. Only what can be gone on with later has a state. */
export async function createPart(
  folder: string,
  token: string,
  identity: SourceIdentity,
): Promise<FileHandle> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  if (identity.validator !== undefined) await writeState(folder, token, identity);
  return open(join(folder, token), 'wx');
}

async function writeState(folder: string, token: string, identity: SourceIdentity): Promise<void> {
  await writeFile(join(folder, token + STATE_SUFFIX), JSON.stringify(identity));
}

/**
 * Makes another part ours under a new token. False where it vanished meanwhile. What was written after
 * the received bytes (a label, by a process killed before its commit) is cut off.
 */
export async function takePart(
  folder: string,
  from: UsablePart,
  by: 'taking' | 'copying',
  token: string,
): Promise<boolean> {
  const [source, target] = [join(folder, from.token), join(folder, token)];
  const { totalBytes } = from.identity;
  try {
    await writeState(folder, token, from.identity);
    if (by === 'taking') await rename(source, target);
    else await copyFile(source, target, constants.COPYFILE_FICLONE);
    if (totalBytes !== undefined && (await stat(target)).size > totalBytes)
      await truncate(target, totalBytes);
    if (by === 'taking') await rm(source + STATE_SUFFIX, { force: true });
    return true;
  } catch (error) {
    await removePart(folder, token);
    if (isMissing(error)) return false;
    throw error;
  }
}

export async function removePart(folder: string, token: string): Promise<void> {
  await rm(join(folder, token), { force: true });
  await rm(join(folder, token + STATE_SUFFIX), { force: true });
}

/** Removes the folder if nothing is left in it. */
export async function removeIfEmpty(folder: string): Promise<boolean> {
  return rmdir(folder).then(
    () => true,
    (error: unknown) => isMissing(error),
  );
}

/** Removes the folder with whatever parts are left: the result is stored, nobody needs them. */
export async function removePartFolder(folder: string): Promise<void> {
  if (!(await removeIfEmpty(folder))) await rm(folder, { recursive: true, force: true });
}
