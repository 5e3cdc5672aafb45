/**
 * Makes `Date.now()` of this process follow a clock that is never set. BullMQ calls it to delay jobs, to find due ones
 * and to renew locks, and accepts no other clock. On a machine that is an hour behind, delayed jobs would wait for an
 * hour; a clock set back would stop the renewal of locks, so that another worker repeats a create call. Used by
 * processes that work or serve, never by the library.
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
