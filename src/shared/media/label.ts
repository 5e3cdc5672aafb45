/**
 * Which packet labels a file, and where it is placed; the parsers of the kinds wrap it in their format. A file has room
 * for one packet. If it already has a readable one, ours repeats its contents word for word and replaces it.
 */
import type { Disclosure } from './disclosure.ts';
import type { Edit } from './edits.ts';
import type { MediaKind } from './media-kind.ts';
import { mergePacket, readOwnWords, writePacket } from './xmp-packet.ts';

/** A packet larger than this is left where it is, unread. */
export const MAX_XMP_BYTES = 1024 * 1024;

export interface FoundXmp {
  /** Undefined where it is too large or written in a way that is not read (compressed). */
  readonly packet: Buffer | undefined;
  /** The span of all that carries it: the box, the chunk, the segment. */
  readonly at: number;
  readonly bytes: number;
}

export interface MediaFacts {
  readonly kind: MediaKind;
  readonly xmp: FoundXmp | undefined;
  /** None if the format has no place that readers check: then only the sidecar is the label. */
  labelEdits(disclosure: Disclosure): readonly Edit[];
}

export interface LabelPlace {
  readonly earlier: FoundXmp | undefined;
  /** Where the label is placed in a file without an earlier packet. */
  readonly at: number;
  readonly wrap: (packet: Buffer) => Buffer;
  /** What `wrap` accepts. */
  readonly mostBytes?: number;
}

/** The packet for a file: merged with its own where that can be read and still fits. */
export function packetFor(
  earlier: FoundXmp | undefined,
  disclosure: Disclosure,
  mostBytes = Number.POSITIVE_INFINITY,
) {
  const text = earlier?.packet?.toString('utf8');
  const merged = text === undefined ? undefined : mergePacket(text, disclosure);
  const packet = Buffer.from(merged ?? '', 'utf8');
  const replaces = merged !== undefined && packet.length <= mostBytes;
  return { packet: replaces ? packet : Buffer.from(writePacket(disclosure), 'utf8'), replaces };
}

/** In place of an earlier packet, after one that could not be merged with, else where the format expects it. */
export function labelEdit({ earlier, at, wrap, mostBytes }: LabelPlace, disclosure: Disclosure): Edit {
  const { packet, replaces } = packetFor(earlier, disclosure, mostBytes);
  const insert = wrap(packet);
  if (earlier === undefined) return { at, remove: 0, insert };
  return replaces
    ? { at: earlier.at, remove: earlier.bytes, insert }
    : { at: earlier.at + earlier.bytes, remove: 0, insert };
}

/** Whether the last packet of a stored file is ours and of this very task. */
export function isLabelledFor(xmp: FoundXmp | undefined, disclosure: Disclosure): boolean {
  const own = readOwnWords(xmp?.packet?.toString('utf8') ?? '');
  return own !== undefined && own.taskId === disclosure.taskId && own.link === disclosure.link;
}
