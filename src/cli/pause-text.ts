/** A pause that the vendor has asked for, for scripts. Pure. */
import type { VendorPause } from '../shared/gate-state/vendor-pause.ts';

export interface PauseView {
  readonly operation: VendorPause['operation'];
  readonly since: string;
  readonly until: string;
  readonly message: string | null;
}

export function viewPause({ operation, since, until, message }: VendorPause): PauseView {
  return { operation, since: new Date(since).toISOString(), until: new Date(until).toISOString(), message };
}
