/**
 * Makes `Date.now()` of this process follow a clock that nobody sets. BullMQ reads it when it delays a job, looks
 * for due ones and renews locks, and takes no clock of ours: on a machine that is an hour behind, delayed jobs
 * would wait for an hour, and a clock set back would stop the renewal of locks, so that another worker runs a
 * create call a second time. Used by processes that work or serve, never by the library.
 */
import type { Clock } from '../clock.ts';

const readMachineClock = Date.now;
const clocks: Clock[] = [];

/** Several may be in use, as in tests: the last one counts. Undone when what is returned is disposed. */
export function followClock(clock: Clock): Disposable {
  clocks.push(clock);
  Date.now = readLatest;
  return {
    [Symbol.dispose]() {
      const index = clocks.indexOf(clock);
      if (index >= 0) clocks.splice(index, 1);
      if (clocks.length === 0) Date.now = readMachineClock;
    },
  };
}

function readLatest(): number {
  return Math.floor(clocks.at(-1)?.now() ?? readMachineClock());
}
