/**
 * The text of a response body: decompressed within a limit, then decoded. Called by the vendor client, which requests
 * no compression but accepts what proxies send anyway. Never throws: null is unreadable.
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
