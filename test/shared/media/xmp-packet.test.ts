import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DIGITAL_SOURCE_TYPE, type Disclosure } from '../../../src/shared/media/disclosure.ts';
import { type FoundXmp, isLabelledFor, packetFor } from '../../../src/shared/media/label.ts';
import { mergePacket, readOwnWords, writePacket } from '../../../src/shared/media/xmp-packet.ts';

const disclosure: Disclosure = {
  link: 'https://sora.chatgpt.com/p/s_1?a=1&b="<2>"',
  taskId: 'ee9c',
  model: 'sora-watermark-remover',
  tool: 'kie-batch 0.1.0',
};

function found(text: string): FoundXmp {
  return { packet: Buffer.from(text), at: 0, bytes: text.length };
}

function packet(description: string): string {
  return `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">${description}</rdf:RDF></x:xmpmeta><?xpacket end="w"?>`;
}

test('a packet carries the source type, the link and the tool', () => {
  const text = writePacket(disclosure);
  expect(text).toContain(`<Iptc4xmpExt:DigitalSourceType>${DIGITAL_SOURCE_TYPE}<`);
  expect(text).toContain('https://sora.chatgpt.com/p/s_1?a=1&amp;b=&quot;&lt;2&gt;&quot;');
  expect(text).toContain('<xmp:CreatorTool>kie-batch 0.1.0<');
  expect(readOwnWords(text)).toEqual({ link: disclosure.link, taskId: 'ee9c' });
});

test('the same disclosure always gives the same bytes', () => {
  expect(packetFor(undefined, disclosure)).toEqual(packetFor(undefined, { ...disclosure }));
});

test('an earlier packet is kept word for word and ours added', () => {
  const description = '<rdf:Description rdf:about="uuid:1"><dc:rights>me</dc:rights></rdf:Description>';
  const merged = mergePacket(packet(description), disclosure);
  expect(merged).toContain(description);
  expect(merged).toContain(DIGITAL_SOURCE_TYPE);
  expect(merged?.match(/rdf:about="uuid:1"/g)).toHaveLength(2);
});

test.each([
  '<rdf:Description rdf:about="" Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/x/digitalCapture"/>',
  "<rdf:Description rdf:about='' Iptc4xmpExt:DigitalSourceType='http://cv.iptc.org/x/digitalCapture'/>",
  '<rdf:Description><Iptc4xmpExt:DigitalSourceType>x</Iptc4xmpExt:DigitalSourceType></rdf:Description>',
  '<rdf:Description><other:DigitalSourceType rdf:resource="x"/></rdf:Description>',
  `<rdf:Description><Iptc4xmpExt:DigitalSourceType>${DIGITAL_SOURCE_TYPE}</Iptc4xmpExt:DigitalSourceType></rdf:Description>`,
])('there is one source type after merging %s', (description) => {
  const merged = mergePacket(packet(description), disclosure) ?? '';
  expect(merged.match(/<[\w.-]+:DigitalSourceType|[\w.-]+:DigitalSourceType\s*=/g)).toHaveLength(1);
});

test('a foreign source and tool are kept; ours are added', () => {
  const theirs =
    '<rdf:Description xmp:CreatorTool="Camera"><dc:source>elsewhere</dc:source></rdf:Description>';
  const merged = mergePacket(packet(theirs), disclosure) ?? '';
  expect(merged.match(/dc:source>/g)).toHaveLength(2);
  expect(merged.match(/xmp:CreatorTool/g)).toHaveLength(1);
  expect(merged).toContain('<kiebatch:Tool>kie-batch 0.1.0<');
});

test('a result that went through us before says only the newest task', () => {
  const merged = mergePacket(writePacket({ ...disclosure, taskId: 'older' }), disclosure) ?? '';
  expect(readOwnWords(merged)?.taskId).toBe('ee9c');
  expect(merged).not.toContain('older');
});

test.each(['', 'no xml', '<rdf:RDF>', 'UTF-16 \uFFFD </rdf:RDF>'])('%j cannot be merged with', (text) => {
  expect(mergePacket(text, disclosure)).toBeUndefined();
});

test('what cannot be merged gets a separate packet', () => {
  const { packet, replaces } = packetFor(found('no xml'), disclosure);
  expect([packet.toString('utf8'), replaces]).toEqual([expect.stringContaining(DIGITAL_SOURCE_TYPE), false]);
});

test('any link is read from the packet unchanged, and none breaks out of its element', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary-ascii' })), (text) => {
      const printable = text
        .toWellFormed()
        .replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '');
      const link = `https://sora.chatgpt.com/${printable}`;
      const written = writePacket({ ...disclosure, link });
      expect(readOwnWords(written)?.link).toBe(link);
      expect(written.match(/<rdf:Description/g)).toHaveLength(1);
    }),
  );
});

test.each([
  `${'<Iptc4xmpExt:DigitalSourceType>'.repeat(20_000)}</rdf:RDF>`,
  `${'<kiebatch:x '.repeat(50_000)}</rdf:RDF>`,
  '</rdf:RDF>'.repeat(50_000),
  ` about${' '.repeat(200_000)}</rdf:RDF>`,
])('a packet made to be slow to read is merged all the same', (hostile) => {
  expect(mergePacket(hostile, disclosure)).toContain(DIGITAL_SOURCE_TYPE);
});

test('a label is recognised for its own task and link only', () => {
  const xmp = found(writePacket(disclosure));
  expect(isLabelledFor(xmp, disclosure)).toBe(true);
  expect(isLabelledFor(xmp, { ...disclosure, taskId: 'another' })).toBe(false);
  expect(isLabelledFor(xmp, { ...disclosure, link: 'https://sora.chatgpt.com/p/s_2' })).toBe(false);
  expect(isLabelledFor(undefined, disclosure)).toBe(false);
});
