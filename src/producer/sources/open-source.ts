/**
 * From an address to the source behind it. The one place that knows all kinds; called by schedules, `enqueue
 * --source` and the library. The S3 client is loaded only where a bucket is read.
 */
import type { Logger } from 'pino';
import type { Clock } from '../../shared/clock.ts';
import type { Outgoing } from '../../shared/outgoing/outgoing.ts';
import type { BucketSourceDeps } from './bucket-source.ts';
import { createFilesSource } from './files-source.ts';
import { createFolderSource } from './folder-source.ts';
import type { Source } from './source.ts';
import { type SourceAddress, writeSourceAddress } from './source-address.ts';
import { createWebSource } from './web-source.ts';

export interface SourceDeps extends Pick<BucketSourceDeps, 's3Credentials'> {
  /** Judges every address it connects to. */
  readonly outgoing: Outgoing;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A larger list from a URL or a bucket is refused. */
  readonly maxListBytes: number;
  /** Default 3 s. */
  readonly settleMs?: number;
  /** Default 1, 5 and 15 s. */
  readonly retryDelaysMs?: readonly number[];
  /** Time limit of one download of a list; default 10 min. */
  readonly fetchTimeoutMs?: number;
}

const defaultSettleMs = 3000;
const defaultRetryDelaysMs = [1000, 5000, 15_000];
const defaultFetchTimeoutMs = 600_000;

export async function openSource(place: SourceAddress, deps: SourceDeps): Promise<Source> {
  const address = writeSourceAddress(place);
  const local = { clock: deps.clock, logger: deps.logger, settleMs: deps.settleMs ?? defaultSettleMs };
  switch (place.kind) {
    case 'files':
      return createFilesSource(address, place.pattern, local);
    case 'folder':
      return createFolderSource(address, place.path, local);
    case 'web':
      return createWebSource(address, place.url, {
        outgoing: deps.outgoing,
        maxBytes: deps.maxListBytes,
        timeoutMs: deps.fetchTimeoutMs ?? defaultFetchTimeoutMs,
        retryDelaysMs: deps.retryDelaysMs ?? defaultRetryDelaysMs,
      });
    case 'bucket': {
      const { createBucketSource } = await import('./bucket-source.ts');
      return createBucketSource(address, place, { ...deps, maxBytes: deps.maxListBytes });
    }
    default:
      return place satisfies never;
  }
}
