/**
 * Reads `s3://bucket/prefix?region=…&endpoint=…&forcePathStyle=true`. Pure. Credentials do not belong in
 * it: the SDK finds them where every AWS tool does (environment, profile, instance role).
 */
import { z } from 'zod';
import { maskAddress } from '../logging/shown-text.ts';
import { StorageError } from './storage-error.ts';

/** The parameters after the question mark of an `s3:` address. */
export interface BucketOptions {
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
  readonly forcePathStyle: boolean;
}

export interface S3Location extends BucketOptions {
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
}

const optionsSchema = z
  .strictObject({
    region: z.string().min(1).optional(),
    endpoint: z.url({ protocol: /^https?$/ }).optional(),
    forcePathStyle: z.enum(['true', 'false']).default('false'),
  })
  .transform(
    ({ region, endpoint, forcePathStyle }): BucketOptions => ({
      region,
      endpoint,
      forcePathStyle: forcePathStyle === 'true',
    }),
  );

/** @returns the options, or what is wrong with them */
export function readBucketOptions(url: URL): BucketOptions | string {
  const options = optionsSchema.safeParse(Object.fromEntries(url.searchParams));
  return options.success ? options.data : z.prettifyError(options.error);
}

export function parseS3Location(storageUrl: string): S3Location {
  const url = URL.parse(storageUrl);
  if (url === null || url.hostname === '' || url.username !== '') {
    throw misconfigured(storageUrl, 'expected s3://bucket/prefix, without credentials');
  }
  const options = readBucketOptions(url);
  if (typeof options === 'string') throw misconfigured(storageUrl, options);
  return { bucket: url.hostname, prefix: decodedPath(url.pathname, storageUrl), ...options };
}

function decodedPath(path: string, storageUrl: string): string {
  try {
    return decodeURIComponent(path).replace(/^\/+|(?<!\/)\/+$/g, '');
  } catch {
    throw misconfigured(storageUrl, 'a percent sign must be written as %25');
  }
}

function misconfigured(storageUrl: string, problem: string): StorageError {
  return new StorageError(
    'STORAGE_FAILED',
    `STORAGE_URL ${maskAddress(storageUrl)} is not usable: ${problem}`,
  );
}
