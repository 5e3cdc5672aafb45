/**
 * The origin of a list. A source is a name for messages ('-' is standard input) and its bytes as they arrive; the
 * name's extension suggests the format.
 */
export interface ListSource {
  readonly name: string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export const LIST_FORMATS = ['text', 'csv', 'tsv', 'json', 'jsonl', 'page'] as const;

export type ListFormat = (typeof LIST_FORMATS)[number];

export interface ListOptions {
  /** The CSV column, or the field of JSON objects, that holds the link; letter case does not count. */
  readonly column?: string | undefined;
  /** Columns and fields that hold inputs of the model: they are not searched for links. */
  readonly inputs?: readonly string[] | undefined;
  /**
   * The folder for relative paths of videos; set if the list's author may read this machine's files. Without it paths
   * are not links: a foreign list must not make us send files away.
   */
  readonly localFolder?: string | undefined;
  /** A folder of uploaded videos, which a list may name; no other local file is accepted. */
  readonly uploadedFolder?: string | undefined;
  /** Overrides what the name and the first bytes say. */
  readonly format?: ListFormat | undefined;
}

/** Standard input under this name, in arguments as in messages. */
export const STANDARD_INPUT = '-';

/**
 * A line longer than this is no list entry. It bounds the memory of every reader, also for a JSON string and
 * for a quoted CSV cell that never ends.
 */
export const MAX_LINE_BYTES = 64 * 1024;
