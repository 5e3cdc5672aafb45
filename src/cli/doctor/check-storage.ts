/** `doctor` on the place where videos go: writable, and with room for what is waiting. */
import { systemClock } from '../../shared/clock.ts';
import type { Configuration } from '../../shared/configuration/configuration.ts';
import type { Batch } from '../../shared/ledger/batch.ts';
import { createStorage } from '../../shared/storage/create-storage.ts';
import { type Check, failed, ok } from './check.ts';
import { judgeSpace } from './judge-machine.ts';

export async function checkStorage(
  configuration: Configuration,
  batches: readonly Batch[],
  waitingLinks: number,
): Promise<Check[]> {
  try {
    const storage = await createStorage(configuration.STORAGE_URL, { clock: systemClock });
    try {
      await storage.probe();
      const space = judgeSpace({
        place: storage.name,
        freeBytes: (await storage.freeBytes()) ?? null,
        reserveBytes: configuration.MIN_FREE_BYTES,
        waitingLinks,
        averageBytes: averageOf(batches),
      });
      return [ok('storage', `${storage.name} can be written`), space];
    } finally {
      await storage.close();
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [failed('storage', message, 'check STORAGE_URL and its permissions')];
  }
}

function averageOf(batches: readonly Batch[]): number | null {
  const saved = batches.reduce((sum, { counts }) => sum + counts.saved, 0);
  const bytes = batches.reduce((sum, batch) => sum + batch.bytes, 0);
  return saved === 0 || bytes === 0 ? null : bytes / saved;
}
