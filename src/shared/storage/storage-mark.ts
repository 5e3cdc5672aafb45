/**
 * Decides whether the folder of the storage is the one that was used before. It contains a mark, a small file with an
 * id; the id and the file system of the folder are remembered. If a disk or a share is not mounted, the same path is a
 * folder of the disk below: without the mark, on another file system. Nothing must be written there. A folder that a
 * person emptied or deleted is on the same file system, and is used again. Pure.
 */

/** The name of the mark in the folder. */
export const MARK_FILE = '.kie-batch-storage';

export interface StorageMark {
  readonly id: string;
  /** The file system of the folder, see file-system-of.ts. */
  readonly place: string;
}

/** Where marks are remembered for all processes. */
export interface StorageMemory {
  /** Null when the storage was never used before. */
  recall(root: string): Promise<StorageMark | null>;
  remember(root: string, mark: StorageMark): Promise<void>;
}

export interface FoundFolder {
  /** What the mark says; empty when a person put an empty file there, null when there is none. */
  readonly id: string | null;
  readonly place: string;
}

export type FolderVerdict =
  /** Use it as it is. */
  | { readonly kind: 'use'; readonly id: string }
  /** Put a mark there first; without an id a new one. */
  | { readonly kind: 'mark'; readonly id?: string }
  | { readonly kind: 'other-folder' };

export function judgeFolder(known: StorageMark | null, found: FoundFolder): FolderVerdict {
  if (found.id === '') return { kind: 'mark' };
  if (known === null) return found.id === null ? { kind: 'mark' } : { kind: 'use', id: found.id };
  if (found.id === known.id) return { kind: 'use', id: found.id };
  if (found.place !== known.place) return { kind: 'other-folder' };
  return found.id === null ? { kind: 'mark', id: known.id } : { kind: 'use', id: found.id };
}

export function describeOtherFolder(root: string, found: FoundFolder): string {
  const mark = found.id === null ? `has no ${MARK_FILE}` : `has another ${MARK_FILE}`;
  return (
    `${root} is not the folder that was used before: it ${mark} and is on another file system. ` +
    `Mount the disk or share again. If this folder is correct, create an empty file ${MARK_FILE} in it`
  );
}
