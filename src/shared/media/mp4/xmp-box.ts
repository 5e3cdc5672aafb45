/**
 * The box that labels a stored result: appended once, after the received bytes, by the transfer. A file
 * that already carries XMP keeps that box untouched; ours then repeats what it says with the disclosure
 * added, so a reader that looks at the first packet and one that looks at the last both lose nothing.
 */

import type { Disclosure } from '../disclosure.ts';
import { mergePacket, readOwnWords, writePacket } from '../xmp-packet.ts';
import { uuidBox } from './box-header.ts';
import { XMP_UUID } from './box-walk.ts';

/** The box to append to a file whose own XMP packets are these, in file order. */
export function labelBox(xmpPackets: readonly Buffer[], disclosure: Disclosure): Buffer {
  const earlier = xmpPackets.at(-1)?.toString('utf8');
  const merged = earlier === undefined ? undefined : mergePacket(earlier, disclosure);
  return uuidBox(XMP_UUID, Buffer.from(merged ?? writePacket(disclosure), 'utf8'));
}

/** Whether the last packet of a stored file is ours and of this very task. */
export function isLabelledFor(xmpPackets: readonly Buffer[], disclosure: Disclosure): boolean {
  const own = readOwnWords(xmpPackets.at(-1)?.toString('utf8') ?? '');
  return own !== undefined && own.taskId === disclosure.taskId && own.link === disclosure.link;
}
