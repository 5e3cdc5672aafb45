/**
 * What every source of links looks like from outside: asked what is new, it answers with one finding for each
 * list it has. A source holds no memory of its own; it is shown the marks that were kept when its lists were
 * taken, and a mark is kept only after every link of its list stands in the ledger. So a run that dies
 * half-way finds the same lists again.
 */
import type { ListFormat, ListSource } from '../lists/list-source.ts';

export interface Source {
  /** As a person wrote it, made absolute; the same text is the same source. */
  readonly address: string;
  /**
   * One finding for each list. A list is read before the next finding is asked for. Throws SourceError when
   * the source as a whole cannot be asked.
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
  /** What to remember the list by; null when it changed while it was read, so it is looked at again. */
  mark(): Promise<string | null>;
  putAway?: PutAway;
}

/**
 * Puts a list away whose mark is kept.
 * @param keepMark keeps the mark under the key that the list has from then on
 */
export type PutAway = (keepMark: (key: string) => Promise<void>) => Promise<void>;

export interface UnchangedList extends About {
  readonly found: 'unchanged';
  /** A mark to keep in place of the old one. */
  readonly newMark?: string;
  putAway?: PutAway;
}

/** Somebody still writes it: it is looked at again by the next run. */
interface UnfinishedList extends About {
  readonly found: 'unfinished';
}

/** One list that cannot be had; the others of the source can. */
interface FailedList extends About {
  readonly found: 'failed';
  readonly problem: string;
}
