/**
 * Ctrl-C and `kill`: the first asks the work to end in good order, the second ends the process at once. What
 * was under way is taken up again by the next run either way.
 */
import { exitCodes } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/**
 * Runs `work` with a signal that the first SIGINT or SIGTERM aborts.
 * @param words what the person is told then
 */
export async function withInterrupt<Result>(
  terminal: Terminal,
  work: (signal: AbortSignal) => Promise<Result>,
  words = 'Stopping: open calls are being finished (press Ctrl-C again to quit now).',
): Promise<Result> {
  const stopping = new AbortController();
  const onSignal = () => {
    if (stopping.signal.aborted) process.exit(exitCodes.interrupted);
    terminal.say(words);
    stopping.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    return await work(stopping.signal);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** Resolves when the signal is aborted. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
