/**
 * The vendor's upload API: a form with a file, an address or base64. Files are counted and digested as they arrive and
 * not kept; their addresses can be given to a task for a day. The same name overwrites.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { readLength } from '../shared/video-length/read-length.ts';
import { type Reply, vendorAnswer } from './answer.ts';
import { parseObject } from './models.ts';
import { refusalAnswer } from './refusal.ts';
import type { Vendor } from './vendor.ts';

export interface UploadedFile {
  readonly fileName: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Null where its header does not say. */
  readonly seconds: number | null;
  /** Unix milliseconds. */
  readonly atMs: number;
}

const edgeBytes = 64 * 1024;
const basePath = '/uploads/';

/** Uploads have their own limit. */
export function uploadRefusal({ settings, clock, uploadLimiter, tally }: Vendor): Reply | undefined {
  const { uploadLimit } = settings;
  if (uploadLimit === 'none') return undefined;
  const nowMs = clock.now();
  const verdict = uploadLimiter.admit(nowMs, uploadLimit);
  if (verdict.admitted) return undefined;
  tally.uploadRefusals += 1;
  return refusalAnswer(verdict.retryAfterMs, nowMs, settings);
}

export async function answerFormUpload(
  vendor: Vendor,
  request: IncomingMessage,
  origin: string,
): Promise<Reply> {
  const boundary = /boundary=("?)([^";]+)\1/.exec(request.headers['content-type'] ?? '')?.[2];
  if (boundary === undefined) return vendorAnswer(400, 'a multipart form is required');
  const form = await readForm(request, boundary);
  if (form === null) return vendorAnswer(400, 'the form is incomplete');
  return keep(vendor, origin, form);
}

/** @param field `fileUrl` or `base64Data` */
export async function answerJsonUpload(
  vendor: Vendor,
  body: string,
  field: string,
  origin: string,
): Promise<Reply> {
  const given = parseObject(body);
  const content = given?.[field];
  if (typeof content !== 'string' || content === '') return vendorAnswer(400, `${field} is required`);
  const bytes = Buffer.from(content.replace(/^data:[^,]*,/, ''), field === 'base64Data' ? 'base64' : 'utf8');
  const edges = createEdges();
  edges.add(bytes);
  const { fileName, uploadPath } = given ?? {};
  return keep(vendor, origin, {
    fields: new Map([
      ['fileName', typeof fileName === 'string' ? fileName : 'file'],
      ['uploadPath', typeof uploadPath === 'string' ? uploadPath : ''],
    ]),
    fileName: 'file',
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    seconds: await edges.seconds(),
  });
}

/** Length of an uploaded video: null if unknown, undefined for an address that is not an upload. */
export function uploadedSeconds(vendor: Vendor, link: string): number | null | undefined {
  const { pathname = '', origin = '' } = URL.parse(link) ?? {};
  return vendor.origins.has(origin) ? vendor.uploads.get(pathname)?.seconds : undefined;
}

/** Whether one of our addresses can no longer be fetched; other hosts do not matter here. */
export function isGoneUpload(vendor: Vendor, link: string, nowMs: number): boolean {
  const path = URL.parse(link)?.pathname ?? '';
  const isOurs = vendor.origins.has(URL.parse(link)?.origin ?? '') && path.startsWith(basePath);
  const file = vendor.uploads.get(path);
  return isOurs && (file === undefined || nowMs - file.atMs > vendor.settings.uploadLifetimeMs);
}

interface Form {
  readonly fields: ReadonlyMap<string, string>;
  readonly fileName: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly seconds: number | null;
}

function keep(vendor: Vendor, origin: string, { fields, fileName, bytes, sha256, seconds }: Form): Reply {
  const name = fields.get('fileName') || fileName;
  const folder = fields.get('uploadPath') ?? '';
  if (folder === '') return vendorAnswer(400, 'uploadPath is required');
  const filePath = [folder, name].map(encodeURIComponent).join('/');
  const file = { fileName: name, bytes, sha256, seconds, atMs: vendor.clock.now() };
  vendor.uploads.set(`${basePath}${filePath}`, file);
  vendor.tally.uploads.push(file);
  vendor.origins.add(new URL(origin).origin);
  const downloadUrl = `${origin}${basePath}${filePath}`;
  return vendorAnswer(200, 'File uploaded successfully', {
    success: true,
    fileName: name,
    filePath,
    downloadUrl,
    fileSize: bytes,
    mimeType: 'video/mp4',
  });
}

/** Reads a form as a stream (RFC 7578). @returns null if it ends early or has no file */
async function readForm(request: AsyncIterable<Buffer>, boundary: string): Promise<Form | null> {
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const fields = new Map<string, string>();
  let file: Omit<Form, 'fields'> | null = null;
  let rest: Buffer = Buffer.from('\r\n');
  let part: Part | null = null;
  for await (const chunk of request) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      if (part === null) {
        const headEnd = rest.indexOf('\r\n\r\n', delimiter.length);
        if (headEnd === -1) break;
        part = openPart(rest.toString('utf8', 0, headEnd));
        rest = rest.subarray(headEnd + 4);
      }
      const end = rest.indexOf(delimiter);
      // What may be the start of the delimiter waits for the next chunk.
      const usable = end === -1 ? Math.max(0, rest.length - delimiter.length) : end;
      part.add(rest.subarray(0, usable));
      rest = rest.subarray(usable);
      if (end === -1) break;
      if (part.fileName === null) fields.set(part.name, part.text());
      else {
        const { fileName } = part;
        file = { fileName, bytes: part.bytes(), sha256: part.digest(), seconds: await part.seconds() };
      }
      part = null;
    }
  }
  return file === null || part !== null ? null : { fields, ...file };
}

interface Part {
  readonly name: string;
  readonly fileName: string | null;
  add(bytes: Buffer): void;
  bytes(): number;
  text(): string;
  digest(): string;
  seconds(): Promise<number | null>;
}

const longestField = 4096;

function openPart(head: string): Part {
  const hash = createHash('sha256');
  const edges = createEdges();
  const fileName = /filename="([^"]*)"/.exec(head)?.[1] ?? null;
  let [size, text] = [0, ''];
  return {
    name: /\bname="([^"]*)"/.exec(head)?.[1] ?? '',
    fileName,
    add(bytes) {
      size += bytes.length;
      hash.update(bytes);
      edges.add(bytes);
      if (fileName === null && text.length < longestField) text += bytes.toString('utf8');
    },
    bytes: () => size,
    text: () => text,
    digest: () => hash.digest('hex'),
    seconds: edges.seconds,
  };
}

/** The first and the last bytes of a file: its header is in one of them. */
function createEdges() {
  let [head, tail, size] = [Buffer.alloc(0), Buffer.alloc(0), 0];
  async function piece(from: number): Promise<Buffer | null> {
    if (from < head.length) return head.subarray(from);
    const at = from - (size - tail.length);
    return at < 0 ? null : tail.subarray(at, at + edgeBytes);
  }
  return {
    add(bytes: Buffer): void {
      size += bytes.length;
      if (head.length < edgeBytes) head = Buffer.concat([head, bytes.subarray(0, edgeBytes - head.length)]);
      tail = Buffer.from(Buffer.concat([tail, bytes]).subarray(-edgeBytes));
    },
    seconds: () => readLength(piece).catch(() => null),
  };
}
