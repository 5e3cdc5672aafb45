/**
 * Removes unfinished files of killed workers from the storage: at the start of a worker that downloads, and every ten
 * minutes while it runs. What can still be resumed is kept for a day, because a failed link may be retried. What is
 * useless is removed as soon as it is certain that no process writes to it.
 */
import type { Logger } from '../shared/logging/logger.ts';
import { downloadPolicy } from '../shared/policy.ts';
import type { Storage } from '../shared/storage/storage.ts';

export function startUnfinishedSweeper(storage: Storage, logger: Logger): { stop(): Promise<void> } {
  let running = sweep();
  const timer = setInterval(() => {
    running = running.then(sweep);
  }, downloadPolicy.unfinished.sweepEveryMs);

  async function sweep(): Promise<void> {
    try {
      const count = await storage.removeAbandonedParts(downloadPolicy.unfinished.ofUseForMs);
      if (count > 0) logger.info({ count }, 'Removed unfinished downloads of killed workers');
    } catch (error) {
      logger.warn({ err: error }, 'Could not remove unfinished downloads, retrying');
    }
  }

  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
