/**
 * How one download is answered, decided before a byte is sent: status, headers, which part of the file, and
 * how it ends. Ranges follow RFC 9110 (If-Range only with a strong validator); the faults bend the rest.
 */
import { type ByteRange, parseByteRange } from './byte-range.ts';
import type { FaultAt } from './faults.ts';

export interface Transfer {
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, string | number>>;
  /** A text, or a part of the file. */
  readonly body: string | ByteRange;
  /** end: as HTTP requires; cut: the connection closes after the body; stall: nothing more is sent. */
  readonly ending: 'end' | 'cut' | 'stall' | 'trickle' | 'endless';
}

export interface StoredFile {
  readonly sizeBytes: number;
  readonly digest: string;
  readonly modifiedAtMs: number;
  readonly contentType: string;
}

export interface DownloadRequest {
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

export interface TransferSettings {
  readonly validators: 'strong' | 'weak' | 'none';
  readonly redirectTo: string | undefined;
  /** Where the redirect to the same file leads. */
  readonly sameFile: string;
}

type ResultFault = FaultAt<'result'> | undefined;

export function planTransfer(
  stored: StoredFile,
  request: DownloadRequest,
  fault: ResultFault,
  settings: TransferSettings,
): Transfer {
  const instead = answerInstead(fault, settings);
  if (instead) return instead;
  const sizeBytes = fault === 'result-truncated' ? Math.floor((stored.sizeBytes * 2) / 3) : stored.sizeBytes;
  const validators = validatorsOf(stored, settings.validators);
  const range =
    fault === 'result-range-ignored' || !isCurrent(request.ifRange, validators)
      ? 'whole'
      : parseByteRange(request.range, sizeBytes);
  if (range === 'unsatisfiable') {
    return textTransfer(416, '', { ...validators, 'content-range': `bytes */${sizeBytes}` });
  }
  const plain = partOf(range, sizeBytes, { ...commonHeaders(stored, fault), ...validators });
  return bend(plain, fault);
}

function textTransfer(
  httpStatus: number,
  body: string,
  headers: Readonly<Record<string, string | number>>,
): Transfer {
  return {
    httpStatus,
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    body,
    ending: 'end',
  };
}

/** The faults that send something else in place of the file. */
function answerInstead(fault: ResultFault, { redirectTo, sameFile }: TransferSettings): Transfer | undefined {
  switch (fault) {
    case 'result-html':
      return textTransfer(200, '<!doctype html><title>Just a moment...</title>', {
        'content-type': 'video/mp4',
      });
    case 'result-json':
      return textTransfer(200, '{"code":500,"msg":"error"}', { 'content-type': 'video/mp4' });
    case 'result-missing':
      return textTransfer(404, 'Not Found', { 'content-type': 'text/plain' });
    case 'result-500':
      return textTransfer(500, 'Internal Server Error', { 'content-type': 'text/plain' });
    case 'result-redirect':
      return textTransfer(302, '', { location: redirectTo ?? sameFile });
    default:
      return undefined;
  }
}

function commonHeaders({ contentType }: StoredFile, fault: ResultFault): Record<string, string> {
  return {
    'content-type': fault === 'result-wrong-type' ? 'text/html' : contentType,
    'accept-ranges': 'bytes',
  };
}

function validatorsOf({ digest, modifiedAtMs }: StoredFile, kind: 'strong' | 'weak' | 'none') {
  if (kind === 'none') return {};
  const etag = kind === 'strong' ? `"${digest}"` : `W/"${digest}"`;
  return { etag, 'last-modified': new Date(modifiedAtMs).toUTCString() };
}

/** Whether a range may be given: without If-Range always, with it only for the very same file. */
function isCurrent(
  ifRange: string | undefined,
  validators: { readonly etag?: string; readonly 'last-modified'?: string },
): boolean {
  if (ifRange === undefined) return true;
  if (ifRange.startsWith('"')) return ifRange === validators.etag;
  return ifRange === validators['last-modified'];
}

function partOf(
  range: ByteRange | 'whole',
  sizeBytes: number,
  headers: Readonly<Record<string, string>>,
): Transfer {
  const part = range === 'whole' ? { from: 0, to: sizeBytes } : range;
  const length = { 'content-length': part.to - part.from };
  const place =
    range === 'whole' ? {} : { 'content-range': `bytes ${part.from}-${part.to - 1}/${sizeBytes}` };
  return {
    httpStatus: range === 'whole' ? 200 : 206,
    headers: { ...headers, ...length, ...place },
    body: part,
    ending: 'end',
  };
}

/** The faults that send the file, but not as promised. */
function bend(plain: Transfer, fault: ResultFault): Transfer {
  if (typeof plain.body === 'string') return plain;
  const { 'content-length': length, ...withoutLength } = plain.headers;
  const half = { from: plain.body.from, to: Math.ceil((plain.body.from + plain.body.to) / 2) };
  switch (fault) {
    case 'result-cut':
    case 'result-changed':
      return { ...plain, body: half, ending: 'cut' };
    case 'result-stall':
      return { ...plain, body: half, ending: 'stall' };
    case 'result-slow':
      return { ...plain, ending: 'trickle' };
    case 'result-wrong-length':
      return {
        ...plain,
        headers: { ...plain.headers, 'content-length': Number(length) + 1000 },
        ending: 'cut',
      };
    case 'result-no-length':
      return { ...plain, headers: withoutLength };
    case 'result-endless':
      return { ...plain, headers: withoutLength, ending: 'endless' };
    default:
      return plain;
  }
}
