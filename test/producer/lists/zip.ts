/** Packs parts into a zip file, for spreadsheets in tests. */
import { deflateRawSync } from 'node:zlib';

export function zip(parts: Readonly<Record<string, string | Buffer>>): Buffer {
  const entries = Object.entries(parts).map(([name, part]) => ({
    name: Buffer.from(name),
    packed: deflateRawSync(part),
  }));
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, packed } of entries) {
    const local = Buffer.concat([
      header(0x04034b50, 30, packed.length, name.length, 8, 18, 26),
      name,
      packed,
    ]);
    const entry = header(0x02014b50, 46, packed.length, name.length, 10, 20, 28);
    entry.writeUInt32LE(at, 42);
    directory.push(entry, name);
    locals.push(local);
    at += local.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, ...directory, end]);
}

function header(
  signature: number,
  bytes: number,
  packedBytes: number,
  nameBytes: number,
  methodAt: number,
  packedAt: number,
  nameAt: number,
): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUInt32LE(signature, 0);
  buffer.writeUInt16LE(8, methodAt);
  buffer.writeUInt32LE(packedBytes, packedAt);
  buffer.writeUInt16LE(nameBytes, nameAt);
  return buffer;
}

/** A spreadsheet of one sheet. `sheet` is what stands in `<worksheet>`, `strings` the shared strings. */
export function xlsx(sheet: string, strings: readonly string[] = [], links: readonly string[] = []): Buffer {
  const relations = links.map((target, index) => `<Relationship Id="rId${index + 1}" Target="${target}"/>`);
  return zip({
    '[Content_Types].xml': '<Types/>',
    'xl/workbook.xml': '<workbook><sheets><sheet name="Other" sheetId="7" r:id="rId9"/></sheets></workbook>',
    'xl/_rels/workbook.xml.rels':
      '<Relationships><Relationship Id="rId9" Target="worksheets/sheet7.xml"/></Relationships>',
    'xl/worksheets/sheet7.xml': `<worksheet>${sheet}</worksheet>`,
    'xl/worksheets/_rels/sheet7.xml.rels': `<Relationships>${relations.join('')}</Relationships>`,
    'xl/sharedStrings.xml': `<sst>${strings.map((text) => `<si>${text}</si>`).join('')}</sst>`,
  });
}
