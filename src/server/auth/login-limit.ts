/**
 * Limits how often a client may try to sign in, counted in Redis across all servers. A try is counted before it is
 * judged, so hundreds at once are not all judged. Tries from one address are refused beyond a limit. Tries for
 * one name from many addresses are delayed and never refused: a stranger must not be able to lock the owner out.
 * Refusals are delayed too, so that a program that retries at once costs the server little.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import ipaddr from 'ipaddr.js';
import type { Keyspace } from '../../shared/redis/keyspace.ts';

export type LoginTry = { readonly kind: 'refused'; readonly waitMs: number } | { readonly kind: 'allowed' };

export interface LoginLimit {
  /** Counts a try. Resolves when it may be judged, or when its refusal may be sent. */
  begin(address: string, name: string): Promise<LoginTry>;
  /** The try was right: it and those before it from this address no longer count. */
  succeeded(address: string, name: string): Promise<void>;
}

const windowMs = 10 * 60_000;
const mostByAddress = 10;
/** Failures of a name, from wherever, before tries for it are slowed down. */
const freeByName = 30;
const longestDelayMs = 5000;
const refusalDelayMs = 1000;
/** A delayed try holds a connection, so only this many are delayed at once. */
const mostDelayed = 200;

export function createLoginLimit({ redis, prefix }: Keyspace): LoginLimit {
  const addressKey = (address: string) => `${prefix}:logins:address:${networkOf(address)}`;
  const nameKey = (name: string) => `${prefix}:logins:name:${name.slice(0, 100)}`;

  async function count(key: string): Promise<{ tries: number; leftMs: number }> {
    const tries = await redis.incr(key);
    if (tries === 1) await redis.pexpire(key, windowMs);
    const leftMs = await redis.pttl(key);
    // A server that ended between the two commands must not leave a count that never expires.
    if (leftMs < 0) await redis.pexpire(key, windowMs);
    return { tries, leftMs };
  }

  let delayed = 0;
  async function delay(delayMs: number): Promise<void> {
    if (delayMs <= 0 || delayed >= mostDelayed) return;
    delayed += 1;
    await sleep(delayMs);
    delayed -= 1;
  }

  return {
    async begin(address, name) {
      const byAddress = await count(addressKey(address));
      if (byAddress.tries > mostByAddress) {
        await delay(refusalDelayMs);
        return { kind: 'refused', waitMs: Math.max(1000, byAddress.leftMs) };
      }
      const byName = await count(nameKey(name));
      await delay(Math.min(longestDelayMs, 250 * (byName.tries - freeByName)));
      return { kind: 'allowed' };
    },
    async succeeded(address, name) {
      await redis.del(addressKey(address));
      await redis.decr(nameKey(name));
    },
  };
}

/** A client with one IPv6 address usually has 2^64 of them. */
function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return parsed
    .toByteArray()
    .slice(0, 8)
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
