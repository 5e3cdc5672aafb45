/**
 * Makes a process collect garbage early instead of growing the heap: for one that streams a list of any length to or
 * from Redis, and for a worker. Called before anything else is loaded, because the heap does not shrink again. A
 * million links then need 120 to 140 MiB instead of 320, for 50 % more CPU time, and Redis is slower anyway (`npm run
 * bench -- million`). `serve` under the attack of `npm run bench -- serve-attack` needs 330 instead of 500. A worker may
 * grow a little more: at 200 links a second it needs 187 MiB instead of 314, for a tenth more CPU time; with the limits of
 * the others it would need 165, for a third more (`npm run bench -- ceiling`).
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

interface HeapLimits {
  /** Size of the young generation. Node begins with 1 MiB and goes up to 32; the smaller, the more often it is collected. */
  readonly youngMiB: number;
  /** The old one is collected whenever it has grown by so much. */
  readonly growthPercent: number;
}

const streaming: HeapLimits = { youngMiB: 4, growthPercent: 30 };
const working: HeapLimits = { youngMiB: 8, growthPercent: 60 };
const limitsOf: ReadonlyMap<string | undefined, HeapLimits> = new Map([
  ['enqueue', streaming],
  ['export', streaming],
  ['import', streaming],
  ['serve', streaming],
  ['run', working],
  ['worker', working],
]);
const mostSurvivors = 400_000;

export function limitHeapGrowth(command: string | undefined): void {
  const limits = limitsOf.get(command);
  if (limits === undefined) return;
  growYoungGeneration(limits.youngMiB * 1024 * 1024);
  setFlagsFromString('--semi-space-growth-factor=1');
  // With one so small, threads that share its collection cost more than they save: an eighth of the processor time.
  setFlagsFromString('--no-parallel-scavenge');
  setFlagsFromString(`--heap-growing-percent=${limits.growthPercent}`);
}

/** It doubles when much survives a collection: the only way to set its size in a process that runs. */
function growYoungGeneration(youngBytes: number): void {
  const survivors: object[] = [];
  while (sizeOfYoungGeneration() < youngBytes && survivors.length < mostSurvivors) {
    for (let count = 0; count < 1000; count += 1) survivors.push({});
  }
}

function sizeOfYoungGeneration(): number {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  return space?.space_size ?? Number.POSITIVE_INFINITY;
}
