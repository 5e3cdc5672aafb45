/**
 * The verdicts of `doctor` on this machine: Node, storage, clocks. Pure; check-machine.ts and check-vendor.ts collect
 * the facts.
 */
import { formatBytes, formatDuration } from '../../shared/wording/format.ts';
import { type Check, failed, ok, warning } from './check.ts';

/** The version in `engines` of package.json. */
const leastNode = 22;

export function judgeNode(version: string): Check {
  const major = Number.parseInt(version, 10);
  if (major >= leastNode) return ok('node', `Node ${version}`);
  return failed('node', `Node ${version} is too old`, `install Node ${leastNode} or newer`);
}

export interface SpaceFacts {
  readonly place: string;
  /** Null where nothing bounds it. */
  readonly freeBytes: number | null;
  /** Left untouched by downloads. */
  readonly reserveBytes: number;
  readonly waitingLinks: number;
  /** Of the videos saved so far; null before the first. */
  readonly averageBytes: number | null;
}

export function judgeSpace(facts: SpaceFacts): Check {
  const { place, freeBytes, reserveBytes, waitingLinks, averageBytes } = facts;
  if (freeBytes === null) return ok('free space', `${place} has no known limit`);
  const usable = Math.max(0, freeBytes - reserveBytes);
  const free = `${formatBytes(freeBytes)} free in ${place}`;
  if (usable === 0)
    return failed('free space', free, `free some space: downloads keep ${formatBytes(reserveBytes)} free`);
  if (averageBytes === null || waitingLinks === 0) return ok('free space', free);
  const needed = averageBytes * waitingLinks;
  const says = `${free}, and the waiting links need about ${formatBytes(needed)}`;
  return needed <= usable
    ? ok('free space', says)
    : warning('free space', says, 'free some space before it is full; otherwise links wait, nothing is lost');
}

/** The vendor's Date header has whole seconds. */
const unremarkableMs = 10_000;
/** Signatures of callbacks are refused beyond this. */
const harmfulMs = 300_000;

/** @param skewMs how far our clock is ahead */
export function judgeSkew(name: string, whose: string, skewMs: number): Check {
  const size = formatDuration(Math.abs(skewMs));
  if (Math.abs(skewMs) <= unremarkableMs) return ok(name, `agrees with ${whose}`);
  const says = `this machine’s clock is ${size} ${skewMs > 0 ? 'ahead of' : 'behind'} ${whose}`;
  const next = 'set the clock, preferably with NTP: callback signatures and pauses depend on it';
  return Math.abs(skewMs) > harmfulMs ? failed(name, says, next) : warning(name, says, next);
}
