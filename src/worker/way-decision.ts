/**
 * By which way a result is fetched next. Pure. A result URL can die within the hour while the vendor keeps the
 * file for 14 days: so a link is minted, then the record is read again, and only then the attempt has failed.
 */
import type { ResultWay } from '../shared/jobs/result-way.ts';
import { fileKeptMs, mintedLinkMs } from '../shared/vendor/facts.ts';
import type { FetchReply } from './transfer/fetch-reply.ts';

export type NextWay = 'mint' | 'read-again';

/** @param tries earlier attempts in a row without progress; @returns null if no way is left */
export function nextWay(
  way: ResultWay,
  reply: Exclude<FetchReply, { kind: 'stored' }>,
  tries: number,
  now: number,
): NextWay | null {
  if (!isDead(reply, tries)) return null;
  if (way.kind !== 'minted-url') return 'mint';
  const isTooOld = way.mintedAt !== undefined && now - way.mintedAt >= mintedLinkMs;
  return isTooOld ? 'mint' : afterMintFailed(way);
}

/** No link was minted, or the minted one did not work. */
export function afterMintFailed({ isReadAgain }: ResultWay): NextWay | null {
  return isReadAgain ? null : 'read-again';
}

/**
 * A wrong file may be a temporary fault of the host: if it is repeated, another way is used. A single unreachable host
 * (see unreached-decision.ts) counts the same.
 */
function isDead({ kind }: Exclude<FetchReply, { kind: 'stored' }>, tries: number): boolean {
  if (kind === 'expired' || kind === 'refused') return true;
  return (kind === 'invalid' || kind === 'host-unavailable') && tries > 0;
}

export function isGone(completedAt: number | null, now: number): boolean {
  return completedAt !== null && now >= completedAt + fileKeptMs;
}

/** The message about a result that could not be downloaded in any way. */
export function describeKept(batch: string, completedAt: number | null, now: number): string {
  if (completedAt === null) return '';
  const until = new Date(completedAt + fileKeptMs).toISOString().slice(0, 16).replace('T', ' ');
  return !isGone(completedAt, now)
    ? `; the vendor keeps the file until ${until} UTC, and kie-batch retry ${batch} tries again without paying`
    : `; the vendor kept the file until ${until} UTC, and only a new paid task can produce it`;
}
