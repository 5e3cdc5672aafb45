/**
 * Ctrl-C, `kill`, a closed terminal or a crash: the first one ends the work in good order, a second Ctrl-C or `kill`
 * ends the process at once. In both cases the next run resumes the work. A second SIGHUP does not count: when a
 * terminal closes, the kernel and the shell both send one.
 */
import { exitCodes } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** @param describe what stays open when the process quits at once, or null; also the last chance to write it down */
export type OnQuit = (describe: () => string | null) => void;

/**
 * Runs `work` with a signal that is aborted by the first SIGINT, SIGTERM or SIGHUP, or by an uncaught error.
 * @param words the message to the user in that case
 */
export async function withInterrupt<Result>(
  terminal: Terminal,
  work: (signal: AbortSignal, onQuit: OnQuit) => Promise<Result>,
  words = 'Stopping after the open calls (press Ctrl-C again to quit now).',
): Promise<Result> {
  const stopping = new AbortController();
  let describe: () => string | null = () => null;
  const stop = () => {
    if (stopping.signal.aborted) return;
    terminal.say(words);
    stopping.abort();
  };
  const stopOrQuit = () => {
    if (!stopping.signal.aborted) return stop();
    const open = describe();
    if (open !== null) terminal.say(`Quitting: ${open}.`);
    process.exit(exitCodes.interrupted);
  };
  const listeners = [
    ['SIGINT', stopOrQuit],
    ['SIGTERM', stopOrQuit],
    ['SIGHUP', stop],
    // Called by watchForCrash, which ends the process afterwards.
    ['uncaughtException', stop],
  ] as const;
  for (const [event, listener] of listeners) process.on(event, listener);
  try {
    return await work(stopping.signal, (given) => {
      describe = given;
    });
  } finally {
    for (const [event, listener] of listeners) process.off(event, listener);
  }
}

export function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
