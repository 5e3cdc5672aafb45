/**
 * Makes a process collect garbage early instead of growing the heap: for one that streams a list of any length to or
 * from Redis, and for a worker. Called before anything else is loaded, because the heap does not shrink again. A
 * million links then need 120 to 140 MiB instead of 320, for 50 % more CPU time, and Redis is slower anyway (`npm run
 * bench -- million`). A run of 1,500 links needs 140 MiB instead of 290, and one with a video of 2 GiB 135 instead of
 * 180, for 5 % more CPU time. `serve` under the attack of `npm run bench -- serve-attack` needs 330 instead of 500.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

const thriftyCommands = ['enqueue', 'export', 'import', 'run', 'serve', 'worker'];
/** Node begins with 1 MiB and goes up to 32. With 1 each link costs a collection; 4 take 3 MiB more and a tenth less time. */
const youngBytes = 4 * 1024 * 1024;
const mostSurvivors = 200_000;

export function limitHeapGrowth(command: string | undefined): void {
  if (command === undefined || !thriftyCommands.includes(command)) return;
  growYoungGeneration();
  setFlagsFromString('--semi-space-growth-factor=1');
  // With one so small, threads that share its collection cost more than they save: an eighth of the processor time.
  setFlagsFromString('--no-parallel-scavenge');
  // The old one is collected whenever it has grown by so much.
  setFlagsFromString('--heap-growing-percent=30');
}

/** It doubles when much survives a collection: the only way to set its size in a process that runs. */
function growYoungGeneration(): void {
  const survivors: object[] = [];
  while (sizeOfYoungGeneration() < youngBytes && survivors.length < mostSurvivors) {
    for (let count = 0; count < 1000; count += 1) survivors.push({});
  }
}

function sizeOfYoungGeneration(): number {
  return (
    getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? youngBytes
  );
}
