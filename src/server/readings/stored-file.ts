/**
 * A saved file as pages hand it out: from its place, as the ledger has it, back to its key in the storage, and which
 * of its bytes answer a request. Pure. A file of another storage (the setting has changed since) has no key:
 * nothing outside the storage is ever read for a page.
 */
import type { ByteRange, Storage, StoredObject } from '../../shared/storage/storage.ts';
import { rootOf } from '../../shared/storage/storage-root.ts';

export function keyOfFile(file: string, storage: Pick<Storage, 'locate'>): string | null {
  const root = rootOf(storage);
  if (!file.startsWith(root)) return null;
  const key = file.slice(root.length);
  return key.split('/').some((part) => part === '' || part === '.' || part === '..') ? null : key;
}

export interface FileRequest {
  readonly method: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  readonly ifNoneMatch: string | undefined;
}

export interface FileAnswer {
  readonly status: 200 | 206 | 304 | 416;
  readonly headers: Readonly<Record<string, string | number>>;
  /** The bytes to send: a range, the whole, or none. */
  readonly send: ByteRange | 'whole' | 'nothing';
}

/** By RFC 9110: a player may ask for any part, and gets the whole when the file is another than it began with. */
export function answerForFile(
  { method, range, ifRange, ifNoneMatch }: FileRequest,
  { bytes, modifiedAt }: StoredObject,
): FileAnswer {
  const etag = `"${bytes.toString(36)}-${Math.round(modifiedAt).toString(36)}"`;
  const lastModified = new Date(modifiedAt).toUTCString();
  const headers = { etag, 'last-modified': lastModified, 'accept-ranges': 'bytes' };
  if (isListed(etag, ifNoneMatch)) return { status: 304, headers, send: 'nothing' };
  const isSame = ifRange === undefined || ifRange === etag || ifRange === lastModified;
  const wanted = method === 'GET' && isSame ? readRange(range, bytes) : null;
  if (wanted === 'unsatisfiable')
    return { status: 416, headers: { ...headers, 'content-range': `bytes */${bytes}` }, send: 'nothing' };
  const sends = method === 'GET' && bytes > 0;
  if (wanted === null)
    return {
      status: 200,
      headers: { ...headers, 'content-length': bytes },
      send: sends ? 'whole' : 'nothing',
    };
  const { first, last } = wanted;
  const partial = { 'content-range': `bytes ${first}-${last}/${bytes}`, 'content-length': last - first + 1 };
  return { status: 206, headers: { ...headers, ...partial }, send: wanted };
}

function isListed(etag: string, header: string | undefined): boolean {
  const listed = (header ?? '').split(',').map((each) => each.trim().replace(/^W\//, ''));
  return listed.includes(etag) || listed.includes('*');
}

/** One range of `Range: bytes=…`; null for none or anything that is to be ignored, 'unsatisfiable' for one beyond the end. */
export function readRange(header: string | undefined, bytes: number): ByteRange | null | 'unsatisfiable' {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  const [from, to] = [match?.[1] ?? '', match?.[2] ?? ''];
  if (match === null || (from === '' && to === '')) return null;
  if (from !== '' && to !== '' && Number(to) < Number(from)) return null;
  const first = from === '' ? Math.max(0, bytes - Number(to)) : Number(from);
  const last = from === '' || to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1);
  return first >= bytes ? 'unsatisfiable' : { first, last };
}
