/**
 * Downloads results to the storage: binds the transfer to this process's storage, HTTP client and limits, so that the
 * download stage only says which result goes where.
 */
import type { Clock } from '../shared/clock.ts';
import type { Configuration } from '../shared/configuration/configuration.ts';
import type { Logger } from '../shared/logging/logger.ts';
import type { Outgoing } from '../shared/outgoing/outgoing.ts';
import { type ResultKeyOf, resultKeys } from '../shared/storage/result-key.ts';
import type { Storage } from '../shared/storage/storage.ts';
import { createBandwidth, unlimitedBandwidth } from './transfer/bandwidth.ts';
import type { FetchReply, FetchRequest } from './transfer/fetch-reply.ts';
import { fetchResult } from './transfer/fetch-result.ts';
import { defaultTransferLimits, type TransferDeps } from './transfer/transfer-deps.ts';
import { tryStorage } from './transfer/try-storage.ts';

export interface ResultFetcher {
  readonly keyOf: ResultKeyOf;
  fetch(request: Omit<FetchRequest, 'expect'>, signal: AbortSignal): Promise<FetchReply>;
  /** Removes the parts of a result that another worker has stored. */
  clearParts(key: string): Promise<void>;
  /** Free space to keep in addition to the result: MIN_FREE_BYTES. */
  readonly reserveBytes: number;
  /** Whether downloads can continue after the storage was full: room for so much more than the reserve. */
  hasRoom(roomBytes?: number): Promise<boolean>;
  /** Why the storage cannot be used in the place of a result; null when it can, or is only full. */
  storageTrouble(beside?: string): Promise<string | null>;
  /** Why a result cannot be fetched from its host, or null when the host answers. */
  hostTrouble(url: string, signal: AbortSignal): Promise<string | null>;
}

export interface ResultFetcherDeps {
  readonly storage: Storage;
  readonly outgoing: Outgoing;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly configuration: Pick<
    Configuration,
    'MAX_VIDEO_BYTES' | 'MIN_FREE_BYTES' | 'PATH_TEMPLATE' | 'LIMIT_RATE'
  >;
}

export function createResultFetcher({ configuration, ...parts }: ResultFetcherDeps): ResultFetcher {
  const { storage } = parts;
  const { LIMIT_RATE, PATH_TEMPLATE } = configuration;
  const bandwidth = LIMIT_RATE === undefined ? unlimitedBandwidth : createBandwidth(LIMIT_RATE, parts.clock);
  const transfer: TransferDeps = { ...parts, bandwidth, limits: defaultTransferLimits };
  const expect = { maxBytes: configuration.MAX_VIDEO_BYTES, minFreeBytes: configuration.MIN_FREE_BYTES };
  return {
    keyOf: resultKeys(PATH_TEMPLATE),
    fetch: (request, signal) => fetchResult({ ...request, expect }, transfer, signal),
    clearParts: storage.clearParts,
    reserveBytes: configuration.MIN_FREE_BYTES,
    async hasRoom(roomBytes = 0) {
      const freeBytes = await storage.freeBytes().catch(() => undefined);
      if (freeBytes !== undefined && freeBytes <= roomBytes + configuration.MIN_FREE_BYTES) return false;
      return (await tryStorage(storage)) === null;
    },
    async storageTrouble(beside) {
      const trouble = await tryStorage(storage, beside);
      return trouble === null || trouble.isFull ? null : trouble.message;
    },
    async hostTrouble(url, signal) {
      const reply = await parts.outgoing.request({ url, headers: { range: 'bytes=0-0' } }, signal);
      if (reply.kind === 'unreachable') return reply.message;
      if (reply.kind === 'refused') return null;
      reply.body.destroy();
      const isOut = reply.status >= 500 || reply.status === 429;
      return isOut ? `the result host answered HTTP ${reply.status}` : null;
    },
  };
}
