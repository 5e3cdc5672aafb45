/**
 * Rate limit per callback address: the vendor posts a few times for a task, and a stranger who knows an address must
 * not cause unlimited work. In the memory of the process, bounded. Called by the callback route.
 */
import type { Clock } from '../../shared/clock.ts';

export interface AddressRate {
  /** Whether a post to this address is accepted now. */
  admits(address: string): boolean;
}

const burst = 10;
const everyMs = 5000;
const mostAddresses = 10_000;

export function createAddressRate(clock: Clock): AddressRate {
  /** By address: when its full burst is available again. Oldest first. */
  const fullAt = new Map<string, number>();
  return {
    admits(address) {
      const now = clock.now();
      const next = Math.max(now, Math.min(fullAt.get(address) ?? now, now + burst * everyMs)) + everyMs;
      if (next > now + burst * everyMs) return false;
      fullAt.delete(address);
      fullAt.set(address, next);
      if (fullAt.size > mostAddresses) forgetOldest(fullAt);
      return true;
    },
  };
}

function forgetOldest(addresses: Map<string, number>): void {
  for (const address of addresses.keys()) {
    addresses.delete(address);
    return;
  }
}
