/**
 * What may follow a complete movie without being part of it: zeros, or a line of text that a host or a tool added.
 * Called by the MP4 parser. Invariant: the beginning of a further box never counts as this, or a file that was cut
 * there would count as complete.
 */
import { isTopLevelBox } from './box-header.ts';

const MAX_TEXT_BYTES = 4096;

/** Control characters but tabs, line ends and zeros. */
const NO_TEXT = /[^\P{Cc}\t\n\r\0]/u;

export interface StrayCheck {
  /** Permanently false after anything else. */
  push(bytes: Buffer): boolean;
}

/** For bytes that arrive in chunks, which may divide a character. */
export function createStrayCheck(): StrayCheck {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let textBytes = 0;
  let isStray = true;
  return {
    push(bytes) {
      if (isStray) {
        for (const byte of bytes) if (byte !== 0) textBytes += 1;
        isStray = textBytes <= MAX_TEXT_BYTES && isText(decoder, bytes);
      }
      return isStray;
    },
  };
}

function isText(decoder: TextDecoder, bytes: Buffer): boolean {
  try {
    return !NO_TEXT.test(decoder.decode(bytes, { stream: true }));
  } catch {
    return false;
  }
}

/** Whether a box begins here: a known type, or a size that a small box of any type has. */
export function looksLikeBox(start: Buffer): boolean {
  if (start.length < 8) return false;
  const size = start.readUInt32BE(0);
  const isSmall = size === 1 || (size >= 8 && size < 2 ** 24);
  const type = start.toString('latin1', 4, 8);
  return isTopLevelBox(type) || (isSmall && /^[\x20-\x7e]{4}$/.test(type));
}
