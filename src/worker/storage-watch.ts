/**
 * Tests the storage every few seconds while tasks are created or open, in each worker that downloads. The first result
 * may take minutes; an unreachable storage must stop create calls before that. It also notices a storage that does not
 * answer at all, on which a download would wait forever.
 */
import { downloadPolicy } from '../shared/policy.ts';
import { announceHalt } from './announce-halt.ts';
import type { WorkerContext } from './worker-context.ts';

export function startStorageWatch(context: WorkerContext): { stop(): void } {
  const { logger } = context;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  async function look(): Promise<void> {
    const { queued, submitting, processing, downloading } = await context.ledger.counts();
    if (queued + submitting + processing + downloading === 0) return;
    const message = await context.fetcher.storageTrouble();
    if (message !== null && !isStopped)
      await announceHalt({ reason: 'storage-unavailable', message }, null, context);
  }

  function schedule(): void {
    if (!isStopped) timer = setTimeout(run, downloadPolicy.storageWatchMs);
  }

  function run(): void {
    look()
      .catch((error: unknown) => logger.debug({ err: error }, 'Could not check the storage, retrying'))
      .then(schedule);
  }

  schedule();
  return {
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
