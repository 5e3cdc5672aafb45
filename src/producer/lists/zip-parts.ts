/**
 * Parts of a zip file by name. Declared sizes are not trusted: decompression stops at a limit, so that a small file
 * cannot fill the memory. Without a library: those for spreadsheets decompress without a limit or have a dozen
 * dependencies, those for zip allocate the declared size, and Node's zlib has the limit.
 */
import { inflateRawSync } from 'node:zlib';

const MAX_PART_BYTES = 96 * 2 ** 20;
const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_ENTRY = 0x04034b50;
const DEFLATED = 8;

export type ZipPart = (name: string) => string | undefined;

/** Reads the directory once. The part is undefined when it is missing. Throws RangeError and zlib's errors. */
export function zipParts(zip: Buffer): ZipPart {
  const places = new Map<string, { method: number; packedBytes: number; at: number }>();
  const end = zip.lastIndexOf(Buffer.of(0x50, 0x4b, 5, 6));
  if (end === -1 || zip.readUInt32LE(end) !== END_OF_DIRECTORY) throw new RangeError('no zip directory');
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (zip.readUInt32LE(at) !== DIRECTORY_ENTRY) throw new RangeError('damaged zip directory');
    const nameBytes = zip.readUInt16LE(at + 28);
    const name = zip.toString('utf8', at + 46, at + 46 + nameBytes);
    places.set(name, {
      method: zip.readUInt16LE(at + 10),
      packedBytes: zip.readUInt32LE(at + 20),
      at: zip.readUInt32LE(at + 42),
    });
    at += 46 + nameBytes + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return (name) => {
    const place = places.get(name);
    if (place === undefined) return undefined;
    if (zip.readUInt32LE(place.at) !== LOCAL_ENTRY) throw new RangeError('damaged zip entry');
    const start = place.at + 30 + zip.readUInt16LE(place.at + 26) + zip.readUInt16LE(place.at + 28);
    const packed = zip.subarray(start, start + place.packedBytes);
    const part =
      place.method === DEFLATED ? inflateRawSync(packed, { maxOutputLength: MAX_PART_BYTES }) : packed;
    return part.toString();
  };
}
