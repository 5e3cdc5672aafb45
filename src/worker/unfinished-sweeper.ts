/**
 * Keeps the storage clean of what killed workers have begun: at the start of a worker that downloads, and every
 * ten minutes while it runs. What can still be resumed stays for a day, since a failed link may be retried;
 * what is of no use to anybody goes as soon as it is sure that nobody writes to it.
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
