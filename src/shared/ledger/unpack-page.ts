/**
 * Opens what read-items.lua has packed. Pure. Only the MessagePack forms that Redis makes of arrays of texts: a
 * general library would build an object for each of the million items that an export reads.
 */

export interface PackedItem {
  readonly id: string;
  /** In the order of the requested letters; null if the record does not have one. */
  readonly values: readonly (Buffer | null)[];
}

/** @param letters names of stored fields, one character each; others are passed over */
export function unpackPage(packed: Buffer, letters: readonly string[]): PackedItem[] {
  const positionOf: number[] = [];
  for (const [position, letter] of letters.entries()) positionOf[letter.charCodeAt(0)] = position;
  let at = 0;

  const readLength = (bytes: 1 | 2 | 4) => {
    const length = packed.readUIntBE(at, bytes);
    at += bytes;
    return length;
  };
  const readCount = () => {
    const head = readLength(1);
    // An empty table may be packed as a map.
    if (head === 0x80) return 0;
    if (head >= 0x90 && head <= 0x9f) return head - 0x90;
    if (head === 0xdc) return readLength(2);
    if (head === 0xdd) return readLength(4);
    throw new Error(`0x${head.toString(16)} at ${at - 1} is no array of a packed page`);
  };
  const readText = () => {
    const length = lengthOfText(readLength(1));
    at += length;
    return packed.subarray(at - length, at);
  };
  const lengthOfText = (head: number) => {
    if (head >= 0xa0 && head <= 0xbf) return head - 0xa0;
    if (head === 0xd9) return readLength(1);
    if (head === 0xda) return readLength(2);
    if (head === 0xdb) return readLength(4);
    throw new Error(`0x${head.toString(16)} at ${at - 1} is no text of a packed page`);
  };
  const readItem = (): PackedItem => {
    const values = new Array<Buffer | null>(letters.length).fill(null);
    for (let left = (readCount() - 1) / 2; left > 0; left -= 1) {
      const position = positionOf[readText()[0] ?? 0];
      const value = readText();
      if (position !== undefined) values[position] = value;
    }
    return { id: readText().toString(), values };
  };

  return Array.from({ length: readCount() }, readItem);
}
