/**
 * What a transfer is handed, built once by the worker's wiring, and its limits with their defaults.
 */
import type { Logger } from 'pino';
import type { Clock } from '../../shared/clock.ts';
import type { Outgoing } from '../../shared/outgoing/outgoing.ts';
import type { Storage } from '../../shared/storage/storage.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { StallRules } from './stall-allowance.ts';

export interface TransferLimits extends StallRules {
  /** How often one attempt retries after an interruption or a stall before it returns to the queue. */
  readonly reconnects: number;
  /** Before the first of them; doubled each time. */
  readonly reconnectDelayMs: number;
}

export const defaultTransferLimits: TransferLimits = {
  lowestBytesPerSecond: 1024,
  stallWindowMs: 20_000,
  reconnects: 5,
  reconnectDelayMs: 200,
};

export interface TransferDeps {
  readonly storage: Storage;
  readonly outgoing: Outgoing;
  /** Shared by all transfers of the process; `unlimitedBandwidth` without a cap. */
  readonly bandwidth: Bandwidth;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: TransferLimits;
}
