/**
 * Has a process collect its garbage early instead of letting the heap grow: one that streams a list of any length into
 * Redis or out of it, and one that works. Called before anything else is loaded, as the heap does not shrink again. A
 * million links then take 120 to 140 MiB instead of 320, for half as much again of processor time, and Redis is the
 * slower one anyway (`npm run bench -- million`). A run of 1,500 links takes 140 MiB instead of 290, and one with a video
 * of 2 GiB 135 instead of 180, for a twentieth more of processor time. `serve` under the attack of `npm run bench --
 * serve-attack` takes 330 instead of 500.
 */
import { setFlagsFromString } from 'node:v8';

const thriftyCommands = ['enqueue', 'export', 'import', 'run', 'serve', 'worker'];

export function limitHeapGrowth(command: string | undefined): void {
  if (command === undefined || !thriftyCommands.includes(command)) return;
  // The young generation stays at the size it has.
  setFlagsFromString('--semi-space-growth-factor=1');
  // With one so small, threads that share its collection cost more than they save: an eighth of the processor time.
  setFlagsFromString('--no-parallel-scavenge');
  // The old one is collected whenever it has grown by so much.
  setFlagsFromString('--heap-growing-percent=30');
}
