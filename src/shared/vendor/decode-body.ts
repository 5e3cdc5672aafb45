/**
 * The text of an answer's body: unpacked within a bound, then decoded. Called by the vendor client, which
 * asks for no compression but takes what proxies send all the same. Never throws: null is unreadable.
 */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';

type Unpack = (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const UNPACKERS: Readonly<Record<string, Unpack>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

/** Decodes `body`; null when its packing is unknown, broken, or opens to more than `maxReplyBytes`. */
export async function decodeBody(
  body: Buffer,
  contentEncoding: string | undefined,
  maxReplyBytes: number,
): Promise<string | null> {
  const encoding = contentEncoding?.trim().toLowerCase() ?? '';
  if (encoding === '' || encoding === 'identity') return new TextDecoder().decode(body);
  const unpack = Object.hasOwn(UNPACKERS, encoding) ? UNPACKERS[encoding] : undefined;
  if (unpack === undefined) return null;
  try {
    return new TextDecoder().decode(await unpack(body, { maxOutputLength: maxReplyBytes }));
  } catch {
    return null;
  }
}
