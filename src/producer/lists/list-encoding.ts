/**
 * Whether bytes are text, and their encoding, decided from a list's head. A file that is not text (an old spreadsheet,
 * a video) is named, because "one million bad lines" is not helpful.
 */
import { isUtf8 } from 'node:buffer';

type Utf16 = 'utf-16le' | 'utf-16be';

export type Encoding =
  | { readonly kind: 'utf-8'; readonly bomBytes: number }
  | { readonly kind: Utf16; readonly bomBytes: number }
  | { readonly kind: 'unreadable'; readonly reason: string };

export type TextEncoding = Exclude<Encoding, { kind: 'unreadable' }>;

const UTF8_BOM = Buffer.of(0xef, 0xbb, 0xbf);
const UTF16LE_BOM = Buffer.of(0xff, 0xfe);
const UTF16BE_BOM = Buffer.of(0xfe, 0xff);
const UTF32_BOMS = [Buffer.of(0xff, 0xfe, 0, 0), Buffer.of(0, 0, 0xfe, 0xff)];

const SIGNATURES: readonly (readonly [string, string])[] = [
  ['d0cf11e0a1b11ae1', 'is an old spreadsheet file; export it as CSV'],
  ['25504446', 'is a PDF; copy the links into a text file'],
  ['fd377a585a00', 'is compressed with xz; unpack it first or use gzip'],
  ['28b52ffd', 'is compressed with zstd; unpack it first or use gzip'],
  ['62706c697374', 'is a binary property list; save the link as text'],
  ['53514c69746520666f726d6174', 'is a database file; export the links as CSV'],
];
const BINARY = 'is not text; a list is text, CSV, JSON, JSONL, HTML or an .xlsx spreadsheet';
const UTF32 = 'is UTF-32 text; save it as UTF-8';
const UTF16_WITHOUT_BOM = 'looks like UTF-16 text without a byte-order mark; save it as UTF-8';

export function encodingOf(head: Buffer): Encoding {
  if (UTF32_BOMS.some((bom) => startsWith(head, bom))) return { kind: 'unreadable', reason: UTF32 };
  if (startsWith(head, UTF16LE_BOM)) return { kind: 'utf-16le', bomBytes: 2 };
  if (startsWith(head, UTF16BE_BOM)) return { kind: 'utf-16be', bomBytes: 2 };
  const bomBytes = startsWith(head, UTF8_BOM) ? UTF8_BOM.length : 0;
  const reason = whyNoText(head.subarray(bomBytes));
  return reason === undefined ? { kind: 'utf-8', bomBytes } : { kind: 'unreadable', reason };
}

function whyNoText(head: Buffer): string | undefined {
  const signature = SIGNATURES.find(([hex]) => startsWith(head, Buffer.from(hex, 'hex')));
  if (signature !== undefined) return signature[1];
  if (isUtf16WithoutBom(head)) return UTF16_WITHOUT_BOM;
  return isBinary(head) ? BINARY : undefined;
}

/** ASCII in UTF-16 has a NUL at every second byte, always on the same side. */
function isUtf16WithoutBom(head: Buffer): boolean {
  let even = 0;
  let odd = 0;
  for (let at = 0; at < head.length; at += 1) {
    if (head[at] !== 0) continue;
    if (at % 2 === 0) even += 1;
    else odd += 1;
  }
  return (
    head.length >= 8 && Math.max(even, odd) > head.length * 0.4 && Math.min(even, odd) < head.length * 0.01
  );
}

// A few stray bytes are a bad line or two; this many, at this density, mean that no line is a line.
const MIN_CONTROL_BYTES = 8;
const CONTROL_SHARE = 0.1;
const CONTROL_SHARE_OF_NON_UTF8 = 0.03;

function isBinary(head: Buffer): boolean {
  let control = 0;
  for (const byte of head) if (isControl(byte)) control += 1;
  if (control < MIN_CONTROL_BYTES) return false;
  const share = control / head.length;
  return share > CONTROL_SHARE || (share > CONTROL_SHARE_OF_NON_UTF8 && !isUtf8(head));
}

function isControl(byte: number): boolean {
  // Tab to carriage return and escape occur in text.
  return (byte < 0x20 && (byte < 0x09 || byte > 0x0d) && byte !== 0x1b) || byte === 0x7f;
}

function startsWith(bytes: Buffer, start: Buffer): boolean {
  return bytes.subarray(0, start.length).equals(start);
}

/** The head as characters; where it was cut in the middle of one, the last is U+FFFD. */
export function decodedHead(head: Buffer, { kind, bomBytes }: TextEncoding): string {
  return new TextDecoder(kind, { ignoreBOM: true }).decode(head.subarray(bomBytes));
}

/** The stream as UTF-8 without its byte-order mark. Broken UTF-16 becomes U+FFFD, which no link may hold. */
export async function* asUtf8(chunks: AsyncIterable<Buffer>, encoding: TextEncoding): AsyncGenerator<Buffer> {
  const decoder = encoding.kind === 'utf-8' ? undefined : new TextDecoder(encoding.kind, { ignoreBOM: true });
  let bomBytes = encoding.bomBytes;
  for await (const chunk of chunks) {
    const bytes = chunk.subarray(bomBytes);
    bomBytes = Math.max(0, bomBytes - chunk.length);
    yield decoder === undefined ? bytes : Buffer.from(decoder.decode(bytes, { stream: true }));
  }
  if (decoder !== undefined) yield Buffer.from(decoder.decode());
}
