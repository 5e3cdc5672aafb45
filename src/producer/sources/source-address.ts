/**
 * Reads what a person writes after `--source`: a file or glob, `folder:` and a path, an http(s) URL, or `s3://`.
 * Pure. Paths become absolute, because a schedule runs in another process than the one it was made in.
 */
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { maskAddress } from '../../shared/logging/shown-text.ts';
import { type BucketOptions, readBucketOptions } from '../../shared/storage/s3-location.ts';
import { SourceError } from './source-error.ts';

export type SourceAddress =
  | { readonly kind: 'files'; readonly pattern: string }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'web'; readonly url: string }
  | ({ readonly kind: 'bucket' } & BucketAddress);

export interface BucketAddress extends BucketOptions {
  readonly bucket: string;
  /** An object's key, or what the keys start with. */
  readonly key: string;
  /** Ends with a slash, or is the whole bucket: every object under it is a list. */
  readonly isPrefix: boolean;
}

/** @throws SourceError `source-invalid` */
export function parseSourceAddress(text: string, workingFolder: string): SourceAddress {
  const written = text.trim();
  if (written === '') throw invalid(text, 'it is empty');
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(written)?.[1]?.toLowerCase();
  switch (scheme) {
    case undefined:
      return { kind: 'files', pattern: resolve(workingFolder, written) };
    case 'file':
      return { kind: 'files', pattern: pathOf(written, workingFolder) };
    case 'folder':
      return { kind: 'folder', path: pathOf(written, workingFolder) };
    case 'http':
    case 'https':
      return { kind: 'web', url: webUrl(written) };
    case 's3':
      return { kind: 'bucket', ...bucketAddress(written) };
    default:
      throw invalid(
        text,
        `"${scheme}:" is unknown; use a file, a glob, folder:PATH, https://… or s3://bucket/…`,
      );
  }
}

/** The one spelling of an address: what a schedule stores, and what a source is remembered by. */
export function writeSourceAddress(address: SourceAddress): string {
  switch (address.kind) {
    case 'files':
      return `file:${address.pattern}`;
    case 'folder':
      return `folder:${address.path}`;
    case 'web':
      return address.url;
    case 'bucket':
      return writeBucketAddress(address);
    default:
      return address satisfies never;
  }
}

function pathOf(written: string, workingFolder: string): string {
  if (/^file:\/\//i.test(written)) return resolve(fileUrlPath(written));
  const path = written.slice(written.indexOf(':') + 1);
  if (path === '') throw invalid(written, 'it has no path');
  return isAbsolute(path) ? resolve(path) : resolve(workingFolder, path);
}

function fileUrlPath(written: string): string {
  try {
    return fileURLToPath(written);
  } catch (cause) {
    throw invalid(written, 'it is not a local file URL', { cause });
  }
}

function webUrl(written: string): string {
  const url = URL.parse(written);
  if (url === null || url.hostname === '') throw invalid(written, 'it is not a URL');
  // It would be in Redis, in lists of schedules and in logs.
  if (url.username !== '' || url.password !== '')
    throw invalid('the URL', 'a user name or password in it is not accepted');
  url.hash = '';
  return url.href;
}

function bucketAddress(written: string): BucketAddress {
  const url = URL.parse(written);
  if (url === null || url.hostname === '' || url.username !== '') {
    throw invalid(written, 'expected s3://bucket/key or s3://bucket/prefix/, without credentials');
  }
  const options = readBucketOptions(url);
  if (typeof options === 'string') throw invalid(written, options);
  const key = decodedPath(url.pathname, written).replace(/^\/+/, '');
  return { bucket: url.hostname, key, isPrefix: key === '' || key.endsWith('/'), ...options };
}

function decodedPath(path: string, written: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw invalid(written, 'a percent sign must be written as %25', { cause });
  }
}

function writeBucketAddress({ bucket, key, region, endpoint, forcePathStyle }: BucketAddress): string {
  const options = new URLSearchParams({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(forcePathStyle ? { forcePathStyle: 'true' } : {}),
  });
  const path = key.split('/').map(encodeURIComponent).join('/');
  return `s3://${bucket}/${path}${options.size === 0 ? '' : `?${options}`}`;
}

function invalid(text: string, problem: string, options?: ErrorOptions): SourceError {
  return new SourceError(
    'source-invalid',
    `The source "${maskAddress(text)}" cannot be used: ${problem}.`,
    options,
  );
}
