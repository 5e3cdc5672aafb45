/**
 * The header of one ISO base media file format box (ISO/IEC 14496-12, 4.2): 32-bit size and type, then a
 * 64-bit size where the first says 1, then 16 bytes of identity where the type is `uuid`. Pure; read by
 * the parser of MP4 and written by its label.
 */

export interface BoxHeader {
  readonly type: string;
  /** Bytes of the whole box, header included; undefined where it extends to the end of the file. */
  readonly sizeBytes: number | undefined;
  readonly headerBytes: number;
  /** 32 hex digits of a `uuid` box. */
  readonly uuid: string | undefined;
}

export type HeaderReading =
  | { readonly kind: 'header'; readonly header: BoxHeader }
  | { readonly kind: 'broken'; readonly message: string };

/** Printable Latin-1: what a box type consists of in every registered type. */
const BOX_TYPE = /^[\x20-\x7e\xa0-\xff]{4}$/;

/** Types at the top level of real files; others are skipped if they fit. */
const TOP_LEVEL_BOXES: ReadonlySet<string> = new Set(
  'ftyp styp moov moof mdat free skip wide pnot uuid meta mfra sidx ssix prft emsg pdin udta'.split(' '),
);

export function isTopLevelBox(type: string): boolean {
  return TOP_LEVEL_BOXES.has(type);
}

/** Bytes of the header by its first eight. */
export function headerBytesOf(start: Buffer): number {
  return (start.readUInt32BE(0) === 1 ? 16 : 8) + (start.toString('latin1', 4, 8) === 'uuid' ? 16 : 0);
}

/** Reads the header at the start of the bytes, of which there must be `headerBytesOf` at least. */
export function readBoxHeader(bytes: Buffer): HeaderReading {
  const type = bytes.toString('latin1', 4, 8);
  if (!BOX_TYPE.test(type)) return broken(`no box type but ${JSON.stringify(type)}`);
  const shortSize = bytes.readUInt32BE(0);
  const headerBytes = headerBytesOf(bytes);
  const sizeBytes =
    shortSize === 1 ? Number(bytes.readBigUInt64BE(8)) : shortSize === 0 ? undefined : shortSize;
  if (sizeBytes !== undefined && sizeBytes < headerBytes) {
    return broken(`a '${type}' box of ${sizeBytes} bytes, smaller than its own header`);
  }
  const uuid = type === 'uuid' ? bytes.toString('hex', headerBytes - 16, headerBytes) : undefined;
  return { kind: 'header', header: { type, sizeBytes, headerBytes, uuid } };
}

/** A whole `uuid` box around a payload that fits in memory. */
export function uuidBox(uuid: string, payload: Buffer): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32BE(24 + payload.length, 0);
  header.write('uuid', 4, 'latin1');
  header.write(uuid, 8, 'hex');
  return Buffer.concat([header, payload]);
}

function broken(message: string): HeaderReading {
  return { kind: 'broken', message };
}
