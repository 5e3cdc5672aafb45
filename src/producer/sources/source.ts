/**
 * The interface of every source of links: it returns one finding for each of its lists. A source has no memory; it gets
 * the marks of its lists, and a mark is stored only after every link of its list is in the ledger. So after an
 * interrupted run the same lists are found again.
 */
import type { ListFormat, ListSource } from '../lists/list-source.ts';

export interface Source {
  /** As a person wrote it, made absolute; the same text is the same source. */
  readonly address: string;
  /**
   * One finding for each list. A list is read before the next finding is requested. Throws SourceError if the source as
   * a whole cannot be read.
   */
  look(marks: Marks, signal: AbortSignal): AsyncIterable<Finding>;
}

/** Kept marks by list key. */
export type Marks = ReadonlyMap<string, string>;

export type Finding = NewList | UnchangedList | UnfinishedList | FailedList;

interface About {
  /** What the mark is kept under. */
  readonly key: string;
  /** For people. */
  readonly name: string;
}

/** A list that is new, or not what it was. */
export interface NewList extends About {
  readonly found: 'list';
  readonly list: ListSource;
  readonly format?: ListFormat;
  /** The mark of the list; null if it changed while it was read, so that it is checked again. */
  mark(): Promise<string | null>;
  putAway?: PutAway;
}

/**
 * Puts away a list whose mark is stored.
 * @param keepMark stores the mark under the new key of the list
 */
export type PutAway = (keepMark: (key: string) => Promise<void>) => Promise<void>;

export interface UnchangedList extends About {
  readonly found: 'unchanged';
  /** A mark to keep in place of the old one. */
  readonly newMark?: string;
  putAway?: PutAway;
}

/** It is still being written, and is checked again by the next run. */
interface UnfinishedList extends About {
  readonly found: 'unfinished';
}

/** One list that cannot be had; the others of the source can. */
interface FailedList extends About {
  readonly found: 'failed';
  readonly problem: string;
}
