/**
 * Checks whether everything that was saved for an item is still in place. A task can have several results; the ledger
 * knows the hash of the first and the total bytes, so the results are checked one after another until they add up.
 * Called by `export --verify` and `retry --missing`. Reads only.
 */
import type { Item } from '../ledger/item.ts';
import type { ResultKeyOf } from './result-key.ts';
import { type Storage, withEnding } from './storage.ts';
import { errorCode, StorageError } from './storage-error.ts';
import { isKey } from './storage-key.ts';
import { rootOf } from './storage-root.ts';
import { type Damage, type SavedFacts, verifySize, verifyStored } from './verify-stored.ts';

export type ItemVerdict =
  | { readonly verdict: 'intact' }
  | {
      /** `elsewhere`: the file is in another storage, and was not checked. */
      readonly verdict: 'missing' | 'changed' | 'elsewhere';
      readonly message: string;
    };

export interface VerifyDeps {
  readonly storage: Storage;
  readonly keyOf: ResultKeyOf;
  /** `content` reads and hashes every file; `size` only reads its size. */
  readonly depth: 'content' | 'size';
}

/** How many optional results in a row may have been left out. */
const MOST_LEFT_OUT = 8;

/** For one file only: the others can still be checked. */
const OWN_ERRORS: ReadonlySet<string> = new Set([
  'EACCES',
  'EISDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'ENOTDIR',
  'EPERM',
]);

/** @param item in state `saved` */
export async function verifyItem(item: Item, deps: VerifyDeps): Promise<ItemVerdict> {
  const root = rootOf(deps.storage);
  const { file } = item;
  if (file === null || !file.startsWith(root) || !isKey(file.slice(root.length))) {
    return { verdict: 'elsewhere', message: `${file ?? 'the file'} is not below ${root}` };
  }
  try {
    return await verifyFile(item, file, root, deps);
  } catch (error) {
    const cause = error instanceof StorageError ? error.cause : undefined;
    if (error instanceof StorageError && OWN_ERRORS.has(errorCode(cause)))
      return { verdict: 'changed', message: error.message };
    throw error;
  }
}

async function verifyFile(item: Item, file: string, root: string, deps: VerifyDeps): Promise<ItemVerdict> {
  const { storage, depth } = deps;
  const keyOf = keysFrom(file.slice(root.length), item, deps);
  const verify = depth === 'content' ? verifyStored : verifySize;
  let missing: ItemVerdict | undefined;
  for (let index = 0, foundBytes = 0, gap = 0; gap <= MOST_LEFT_OUT; index += 1) {
    const key = await keyOf(index);
    const found = await verify(storage, key, index === 0 ? factsOfFirst(item) : undefined);
    if (found.verdict === 'changed') return damaged(found, key, root);
    if (found.verdict === 'missing') {
      missing ??= damaged(found, key, root);
      if (index === 0) return missing;
      gap += 1;
      continue;
    }
    gap = 0;
    foundBytes += found.bytes;
    if (foundBytes >= (item.bytes ?? 0)) return { verdict: 'intact' };
  }
  return missing ?? { verdict: 'intact' };
}

function factsOfFirst({ sha256 }: Item): Partial<SavedFacts> {
  return sha256 === null ? {} : { sha256 };
}

function damaged(damage: Damage, key: string, root: string): ItemVerdict {
  const message = damage.verdict === 'missing' ? 'is gone' : damage.message;
  return { verdict: damage.verdict, message: `${root}${key}: ${message}` };
}

/**
 * Where the results are: by the template, or next to the first if the template has changed since. The first need not be
 * the vendor's first, and each has the ending of its own kind.
 */
function keysFrom(
  first: string,
  item: Item,
  { keyOf, storage }: VerifyDeps,
): (index: number) => Promise<string> {
  const stem = withEnding(first, '');
  const positions = Array.from({ length: MOST_LEFT_OUT }, (_, position) => position);
  const start = positions.find((position) => withEnding(keyOf(item, position), '') === stem);
  return async (index) => {
    if (index === 0) return first;
    const key =
      start === undefined ? first.replace(/(\.[^./]+)$/, `-${index + 1}$1`) : keyOf(item, start + index);
    return (await storage.withAnyEnding(key))[0] ?? key;
  };
}
