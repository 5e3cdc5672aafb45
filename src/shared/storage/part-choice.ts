/**
 * Which unfinished part of a result a process continues with, and which it removes. Pure; called by the part folder
 * when a part is opened. The bytes of a part always belong to one identity (a restart creates a new part), so a copy of
 * another process's part is valid at any time, even while that process still writes. Invariant: a part that another
 * process may be writing is copied, never taken over and never removed.
 */
import type { SourceIdentity } from './storage.ts';

export interface PartOnDisk {
  readonly token: string;
  /** Undefined where its state is missing or unreadable. */
  readonly identity: SourceIdentity | undefined;
  /** 0 also where only a state is left. */
  readonly bytes: number;
  readonly modifiedAt: number;
}

export type UsablePart = PartOnDisk & { readonly identity: SourceIdentity };

export interface ChoiceFacts {
  /** What the tokens of this process begin with. */
  readonly owner: string;
  /** Tokens that this process has open right now. */
  readonly open: ReadonlySet<string>;
  readonly now: number;
  /** What was written before the machine started may have lost its last pages. */
  readonly bootedAt: number;
  readonly abandonedAfterMs: number;
}

export interface PartChoice {
  readonly goOnWith?: { readonly part: UsablePart; readonly by: 'taking' | 'copying' };
  /** Tokens that are no longer needed. */
  readonly remove: readonly string[];
}

export function choosePart(parts: readonly PartOnDisk[], facts: ChoiceFacts): PartChoice {
  const usable = parts
    .filter((part): part is UsablePart => isUsable(part, facts))
    .sort((a, b) => b.bytes - a.bytes);
  const best = usable[0];
  const remove = parts.filter((part) => part !== best && isIdle(part, facts)).map(({ token }) => token);
  if (best === undefined) return { remove };
  return { goOnWith: { part: best, by: isIdle(best, facts) ? 'taking' : 'copying' }, remove };
}

export interface SweepFacts extends ChoiceFacts {
  /** Everything last written before this is removed. */
  readonly writtenBefore: number;
}

/**
 * Whether a part in the folder may be removed: one that cannot be continued, or whose result has been stored since, as
 * soon as no process writes to it; any other when it is old.
 * @param storedAt when the file under the final name was written, undefined if there is none
 */
export function isLeftover(part: PartOnDisk, storedAt: number | undefined, facts: SweepFacts): boolean {
  if (!isIdle(part, facts)) return false;
  const isStoredSince = storedAt !== undefined && storedAt >= part.modifiedAt;
  return part.modifiedAt < facts.writtenBefore || isStoredSince || !isUsable(part, facts);
}

/** Without a validator the next request could not prove that it gets the same bytes. */
function isUsable(part: PartOnDisk, facts: ChoiceFacts): boolean {
  return part.identity?.validator !== undefined && part.bytes > 0 && part.modifiedAt >= facts.bootedAt;
}

/** No process writes to it: this process has abandoned it, or its owner has been silent for long. */
function isIdle(part: PartOnDisk, facts: ChoiceFacts): boolean {
  if (facts.open.has(part.token)) return false;
  return part.token.startsWith(facts.owner) || facts.now - part.modifiedAt > facts.abandonedAfterMs;
}
