/**
 * Warnings of Node itself (a deprecated call, too many listeners) become lines of the log: where it is JSON, every line
 * is. For processes of our own alone, as a library leaves its host's process as it is.
 */
import type { Logger } from '../shared/logging/logger.ts';

export function logProcessWarnings(logger: Logger): Disposable {
  const before = process.listeners('warning');
  const log = ({ name, message, stack }: Error) =>
    logger.warn({ warning: name, stack }, `Node warns: ${message}`);
  process.removeAllListeners('warning');
  process.on('warning', log);
  return {
    [Symbol.dispose]() {
      process.off('warning', log);
      for (const listener of before) process.on('warning', listener);
    },
  };
}
