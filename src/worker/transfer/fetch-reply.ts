/**
 * The request to the transfer, and the possible outcomes of one attempt. Every expected answer is here, so the download
 * decision is a switch; only the abort reason of the caller's signal is thrown.
 */
import type { Disclosure } from '../../shared/media/disclosure.ts';
import type { OnProgress } from '../report-progress.ts';

export interface FetchRequest {
  readonly url: string;
  /** Where the result is stored, without its ending, which its bytes decide; see the path template. */
  readonly key: string;
  readonly disclosure: Disclosure;
  /** The sidecar, once the result is known; see sidecar.ts. */
  readonly sidecarOf: (stored: StoredReply) => object;
  /** Called for every chunk, with what is here by then. */
  readonly onProgress?: OnProgress;
  readonly expect?: {
    /** Default 2 GiB. */
    readonly maxBytes?: number;
    /** Left untouched on the storage. Default 0. */
    readonly minFreeBytes?: number;
  };
}

export type FetchReply =
  | StoredReply
  /** The URL is dead (403, 404, 410). What was received is kept. */
  | { readonly kind: 'expired'; readonly httpStatus: number }
  /** Nothing wrong with the result: try later. `gainedBytes` are new and kept for the next attempt. */
  | {
      readonly kind: 'retry';
      readonly message: string;
      readonly retryAfterMs?: number;
      readonly gainedBytes: number;
    }
  /** The host was not reached, or is out of order: perhaps for all results. What was received is kept. */
  | {
      readonly kind: 'host-unavailable';
      readonly message: string;
      readonly answered: boolean;
      readonly retryAfterMs?: number;
    }
  /** The body is not a complete file of a known kind, or too large; the message says why. Nothing is kept. */
  | { readonly kind: 'invalid'; readonly message: string }
  /** The storage accepts nothing at present, whatever the result. What was received is kept. */
  | { readonly kind: 'storage-unavailable'; readonly message: string; readonly key: string }
  /** The storage works, but did not accept this result. */
  | { readonly kind: 'not-stored'; readonly message: string }
  /** What was received is kept. */
  | { readonly kind: 'storage-full'; readonly freeBytes: number; readonly neededBytes: number }
  /** The address or its scheme is not allowed; no other attempt with it can succeed. */
  | { readonly kind: 'refused'; readonly message: string };

export interface StoredReply {
  readonly kind: 'stored';
  /** With the ending that its bytes say. */
  readonly key: string;
  /** Absolute path or `s3://` URL. */
  readonly file: string;
  /** Of the file as stored, label included. */
  readonly bytes: number;
  readonly sha256: string;
  /** Of the bytes as received. */
  readonly sourceSha256: string;
  /** Received by earlier attempts, not by this one. */
  readonly resumedFromBytes: number;
  /** An earlier run has stored it: nothing was fetched. */
  readonly isFound: boolean;
}
