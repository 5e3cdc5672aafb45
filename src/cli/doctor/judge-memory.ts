/**
 * Whether Redis has the memory that the waiting links will need until they are saved. Pure. The figures a link are
 * those of `npm run bench -- ledger`.
 */
import { formatBytes, formatCount } from '../../shared/wording/format.ts';
import { type Check, failed, ok, warning } from './check.ts';

/** What a link's record grows by from waiting to saved, rounded up. */
const growthBytes = 300;
/** What a link costs that is yet to be given. */
const newLinkBytes = 700;
/** Above this share of the bound it is time to act. */
const mostUsedShare = 0.9;

export interface MemoryFacts {
  readonly usedBytes: number;
  /** Redis's own bound; 0 for none. */
  readonly maxMemoryBytes: number;
  /** Of Redis's machine; 0 if unknown. */
  readonly machineBytes: number;
  readonly waitingLinks: number;
}

export function judgeMemory({ usedBytes, maxMemoryBytes, machineBytes, waitingLinks }: MemoryFacts): Check {
  const bound = maxMemoryBytes > 0 ? maxMemoryBytes : machineBytes;
  if (bound === 0) return ok('redis memory', `${formatBytes(usedBytes)} used; the limit is unknown`);
  const needed = waitingLinks * growthBytes;
  const left = Math.max(0, bound * mostUsedShare - usedBytes - needed);
  const whose = maxMemoryBytes > 0 ? 'its maxmemory' : 'the machine’s memory';
  const used = `${formatBytes(usedBytes)} of ${formatBytes(bound)} (${whose}) used`;
  const next =
    maxMemoryBytes > 0
      ? 'raise maxmemory, or remove old batches'
      : 'add memory to the machine, or remove old batches';
  if (usedBytes + needed > bound)
    return failed('redis memory', `${used}; the waiting links need ${formatBytes(needed)} more`, next);
  if (left === 0) return warning('redis memory', `${used}; little is left`, next);
  return ok(
    'redis memory',
    `${used}; room for about ${formatCount(Math.floor(left / newLinkBytes))} more links`,
  );
}
