/** The client for a bucket, of results or of lists. Loaded only where one is used. */
import { S3Client } from '@aws-sdk/client-s3';
import type { BucketOptions } from './s3-location.ts';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** @param credentials default: wherever the SDK finds them */
export function connectS3(
  { region, endpoint, forcePathStyle }: BucketOptions,
  credentials?: S3Credentials,
): S3Client {
  return new S3Client({
    forcePathStyle,
    // Without these the client waits forever for a server that does not answer.
    requestHandler: { connectionTimeout: 10_000, socketTimeout: 60_000 },
    ...(region !== undefined && { region }),
    // Other implementations often do not know the newer checksums.
    ...(endpoint !== undefined && {
      endpoint,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    }),
    ...(credentials !== undefined && { credentials }),
  });
}
