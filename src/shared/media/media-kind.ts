/**
 * The kinds of results that are stored, and how the first bytes of a file identify its kind. Pure. Content type and
 * address are not used, because both are wrong too often.
 */

export const mediaKinds = {
  mp4: { ending: '.mp4', contentType: 'video/mp4', shows: 'video', label: 'appended' },
  mov: { ending: '.mov', contentType: 'video/quicktime', shows: 'video', label: 'appended' },
  webm: { ending: '.webm', contentType: 'video/webm', shows: 'video', label: 'none' },
  mkv: { ending: '.mkv', contentType: 'video/matroska', shows: 'video', label: 'none' },
  gif: { ending: '.gif', contentType: 'image/gif', shows: 'image', label: 'inside' },
  png: { ending: '.png', contentType: 'image/png', shows: 'image', label: 'inside' },
  jpeg: { ending: '.jpg', contentType: 'image/jpeg', shows: 'image', label: 'inside' },
  webp: { ending: '.webp', contentType: 'image/webp', shows: 'image', label: 'inside' },
  mp3: { ending: '.mp3', contentType: 'audio/mpeg', shows: 'audio', label: 'none' },
  wav: { ending: '.wav', contentType: 'audio/wav', shows: 'audio', label: 'inside' },
} as const satisfies Record<string, MediaKindFacts>;
export type MediaKind = keyof typeof mediaKinds;

interface MediaKindFacts {
  readonly ending: string;
  readonly contentType: string;
  readonly shows: 'video' | 'image' | 'audio';
  /** `inside`: somewhere among the received bytes, so the file is copied once more; see the parser of the kind. */
  readonly label: 'appended' | 'inside' | 'none';
}

export const mediaEndings: readonly string[] = Object.values(mediaKinds).map(({ ending }) => ending);

/** What a file name's ending says, undefined for an ending that no result has. */
export function mediaOfFile(file: string): MediaKindFacts | undefined {
  return Object.values(mediaKinds).find(({ ending }) => file.endsWith(ending));
}

/** With so many bytes the kind is known, or that there is none. */
export const HEAD_BYTES = 128;

/** `more`: too few bytes to decide. */
export function identifyMedia(head: Buffer): MediaKind | 'unknown' | 'more' {
  if (head.length < 12) return 'more';
  const text = head.toString('latin1', 0, 12);
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (text.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (text.startsWith('GIF87a') || text.startsWith('GIF89a')) return 'gif';
  if (text.startsWith('RIFF')) return riffKind(text.slice(8));
  if (text.startsWith('\x1a\x45\xdf\xa3')) return matroskaKind(head);
  if (text.startsWith('ID3') || isMp3Header(head)) return 'mp3';
  return isoKind(text);
}

/** MPEG audio, layer 3: sync, no reserved version, a bit rate and a sample rate (ISO/IEC 11172-3, 2.4.1.3). */
export function isMp3Header(header: Buffer): boolean {
  const [sync, second, third] = [header.readUInt8(0), header.readUInt8(1), header.readUInt8(2)];
  const [version, layer, bitRate, sampleRate] = [
    (second >> 3) & 3,
    (second >> 1) & 3,
    third >> 4,
    (third >> 2) & 3,
  ];
  return (
    sync === 0xff &&
    second >> 5 === 7 &&
    version !== 1 &&
    layer === 1 &&
    bitRate % 15 !== 0 &&
    sampleRate !== 3
  );
}

function riffKind(form: string): MediaKind | 'unknown' {
  if (form === 'WEBP') return 'webp';
  return form === 'WAVE' ? 'wav' : 'unknown';
}

/** The element DocType (0x4282) of the EBML header says which of the two it is. */
function matroskaKind(head: Buffer): MediaKind | 'unknown' | 'more' {
  const at = head.indexOf(Buffer.from([0x42, 0x82]));
  const text = at < 0 ? '' : head.toString('latin1', at + 3, at + 11);
  if (text.startsWith('webm')) return 'webm';
  if (text.startsWith('matroska')) return 'mkv';
  return head.length < HEAD_BYTES ? 'more' : 'unknown';
}

/** Boxes that a QuickTime movie of before `ftyp` begins with. */
const OLD_QUICKTIME = new Set(['moov', 'mdat', 'wide', 'free', 'skip', 'pnot']);

function isoKind(text: string): MediaKind | 'unknown' {
  const type = text.slice(4, 8);
  if (type === 'ftyp') return text.slice(8) === 'qt  ' ? 'mov' : 'mp4';
  return OLD_QUICKTIME.has(type) ? 'mov' : 'unknown';
}
