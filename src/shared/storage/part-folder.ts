/**
 * The folder `.unfinished` of a file storage, with the unfinished bytes of every result: one file per part, named by
 * its key's hash and a token that begins with its owner, and a `….json` with its identity. The state is written before
 * the first byte, so that another process can judge the parts of a killed one. One folder for all keeps the batch
 * folders clean and the sweep short; it holds as many parts as there are transfers.
 */
import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
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
  key: z.string().optional(),
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

/** What a part belongs to, by its state. */
export interface PartState extends SourceIdentity {
  /** Of the result; only the sweep needs it. */
  readonly key: string;
}

/** A part with the key of its result, if its state has it. */
export interface NamedPart extends PartOnDisk {
  readonly name: string;
  readonly key: string | undefined;
}

/** The parts of one key, a state that has lost its part among them: a process killed between the two leaves one. */
export async function listParts(folder: string, stem: string): Promise<NamedPart[]> {
  return readParts(folder, (name) => name.startsWith(stem));
}

async function readParts(folder: string, isWanted: (name: string) => boolean): Promise<NamedPart[]> {
  const wanted = (await readdir(folder)).filter(isWanted).map((name) => name.replace(/\.json$/, ''));
  const names = new Set(wanted.filter((name) => PART_NAME.test(name)));
  const parts = await Promise.all([...names].map((name) => readPart(folder, name)));
  return parts.filter((part) => part !== undefined);
}

/** Undefined where everything of it has vanished meanwhile. */
async function readPart(folder: string, name: string): Promise<NamedPart | undefined> {
  const token = PART_NAME.exec(name)?.[2] ?? '';
  const path = join(folder, name);
  const [part, stateFile] = await Promise.all([found(path), found(path + STATE_SUFFIX)]);
  const newest = Math.max(part?.mtimeMs ?? 0, stateFile?.mtimeMs ?? 0);
  if (newest === 0) return undefined;
  const state = await readState(folder, name);
  const identity = state && { validator: state.validator, totalBytes: state.totalBytes };
  return { name, token, key: state?.key, identity, bytes: part?.size ?? 0, modifiedAt: newest };
}

async function found(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function readState(folder: string, name: string): Promise<z.infer<typeof stateSchema> | undefined> {
  try {
    const text = await readFile(join(folder, name + STATE_SUFFIX), 'utf8');
    return stateSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export async function createPart(
  folder: string,
  name: string,
  state: PartState | undefined,
): Promise<FileHandle> {
  if (state !== undefined) await writeState(folder, name, state);
  return open(join(folder, name), 'wx');
}

async function writeState(folder: string, name: string, state: PartState): Promise<void> {
  await writeFile(join(folder, name + STATE_SUFFIX), JSON.stringify(state));
}

/**
 * Makes another part ours under a new token. False where it vanished meanwhile. What was written after
 * the received bytes (a label, by a process killed before its commit) is cut off.
 */
export async function takePart(
  folder: string,
  key: string,
  from: UsablePart,
  by: 'taking' | 'copying',
  token: string,
): Promise<boolean> {
  const stem = partStem(key);
  const [source, name] = [partName(stem, from.token), partName(stem, token)];
  const [sourcePath, path] = [join(folder, source), join(folder, name)];
  const { totalBytes } = from.identity;
  try {
    await writeState(folder, name, { ...from.identity, key });
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

async function removeState(folder: string, name: string): Promise<void> {
  await rm(join(folder, name + STATE_SUFFIX), { force: true });
}

/** Removes all parts of a key, whose result is stored or abandoned. */
export async function removePartsOf(folder: string, stem: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${stem}-`));
  await Promise.all(names.map((name) => rm(join(folder, name), { force: true })));
}

/** Removes the parts that the judge condemns, whichever result they belong to. Returns how many. */
export async function sweepParts(
  folder: string,
  isLeftover: (part: NamedPart) => Promise<boolean>,
): Promise<number> {
  let removed = 0;
  for (const part of await readParts(folder, () => true)) {
    if (!(await isLeftover(part))) continue;
    await removePart(folder, part.name);
    removed += 1;
  }
  return removed;
}
