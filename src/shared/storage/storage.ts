/**
 * Where results are stored: one small interface, with a backend for the file system and one for S3 and compatible
 * stores. The transfer writes a result through a part, which is not visible under the final name until it is committed.
 * Keys are relative paths with forward slashes, as made by the path template. Invariant: what `stat` finds under a key
 * was committed, is complete and will survive a crash.
 */
import type { Edit } from '../media/edits.ts';

/** Shows whether a source still serves the bytes that a part began with. */
export interface SourceIdentity {
  /** The value for `If-Range`: a strong ETag or a Last-Modified date that is surely strong. */
  readonly validator: string | undefined;
  readonly totalBytes: number | undefined;
}

/** The place of a result; its first bytes decide its ending. */
export interface ResultPlace {
  readonly key: string;
  readonly contentType: string;
  /** Whether `rewrite` will be called: a backend that cannot read back what it was sent then keeps it elsewhere. */
  readonly willRewrite: boolean;
}

/**
 * The unfinished bytes of one result, owned by one caller. Other processes may own other parts of the same
 * key at the same time: the last commit wins, with a whole file either way.
 */
export interface Part {
  /** Whether a later `openPart` can continue with what `suspend` leaves. */
  readonly survivesSuspend: boolean;
  /** What the received bytes belong to; undefined where nothing was received yet. */
  readonly identity: SourceIdentity | undefined;
  readonly receivedBytes: number;
  /** The bytes received so far, from the first on: to hash and walk them again before it continues. */
  replay(): AsyncIterable<Buffer>;
  /** Starts, or starts over, with nothing received. */
  begin(identity: SourceIdentity): Promise<void>;
  /** Says where the commit puts the result; without it, under the key it was opened with. Safe to repeat. */
  place(place: ResultPlace): void;
  /**
   * Takes ownership of the next bytes: the caller must not touch the chunk again. Resolves when there is room for more.
   */
  write(chunk: Buffer): Promise<void>;
  /** Whether `rewrite` is possible here and now. */
  readonly canRewrite: boolean;
  /** Replaces what was written by a copy with the edits applied. Nothing can be written or resumed after it. */
  rewrite(edits: readonly Edit[]): Promise<RewrittenFacts>;
  /** Makes everything written the result under the key, durably, and the JSON its sidecar. This ends the part. */
  commit(sidecar?: object): Promise<Commit>;
  /** Gives the part up for now; a later `openPart` may continue with it where the backend can. */
  suspend(): Promise<void>;
  /** Abandons the part permanently. */
  discard(): Promise<void>;
}

/** Of the copy. */
export interface RewrittenFacts {
  readonly bytes: number;
  readonly sha256: string;
}

/** `superseded`: another process committed the same key meanwhile and removed our part. */
export type Commit = { readonly kind: 'committed'; readonly file: string } | { readonly kind: 'superseded' };

export interface StoredObject {
  readonly bytes: number;
  readonly modifiedAt: number;
}

/** Positions of the first and the last byte, both inclusive. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

export interface Storage {
  /** The storage as messages show it, without credentials. */
  readonly name: string;
  /** Where a key is kept, as users see it: an absolute path or an `s3://` URL. */
  locate(key: string): string;
  openPart(key: string): Promise<Part>;
  /** Writes the JSON next to a result (`a.mp4` → `a.json`), durably and completely. Returns its place. */
  putSidecar(key: string, content: object): Promise<string>;
  /** The parsed sidecar, undefined where there is none or it is not JSON. */
  readSidecar(key: string): Promise<unknown>;
  stat(key: string): Promise<StoredObject | undefined>;
  /**
   * The keys of what is stored that differ from this one at most in their ending.
   * @param endings unset: those of all kinds of results
   */
  withAnyEnding(key: string, endings?: readonly string[]): Promise<readonly string[]>;
  /** The whole, or only the bytes of a range, which the caller knows to lie within. */
  read(key: string, range?: ByteRange): AsyncIterable<Buffer>;
  /** Removes a result, its sidecar and its parts; nothing there is fine. */
  remove(key: string): Promise<void>;
  /** Removes what killed processes left of a result that is stored. */
  clearParts(key: string): Promise<void>;
  /**
   * Removes parts without writes for this long, anywhere in the storage, and sooner those that cannot be continued,
   * once their writer has been silent. Returns how many.
   */
  removeAbandonedParts(olderThanMs: number): Promise<number>;
  /** Bytes that can still be written, undefined where the backend has no such bound. */
  freeBytes(): Promise<number | undefined>;
  /**
   * Writes and removes a small object, next to a result if its key is given; throws the StorageError of a real write.
   */
  probe(beside?: string): Promise<void>;
  close(): Promise<void>;
}

/** A sidecar as it is written. */
export function sidecarText(content: object): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** `a/b.mp4` → `a/b.json`. */
export function sidecarKey(key: string): string {
  return withEnding(key, '.json');
}

/** The same key with another ending. @param ending with its dot */
export function withEnding(key: string, ending: string): string {
  return `${key.replace(/\.[^./]+$/, '')}${ending}`;
}
