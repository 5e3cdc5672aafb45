/**
 * The most memory that a whole `run` of the real executable holds while it brings one small and one large result
 * home from the simulated vendor.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { measure } from '../million/executable.ts';
import { shareLink, startBenchSystem } from '../system.ts';

const smallBytes = 1_000_000;

export async function printMemory(largeBytes: number): Promise<void> {
  const atRest = await peakMib(smallBytes);
  const atWork = await peakMib(largeBytes);
  const large = `${largeBytes / 2 ** 20} MiB`;
  console.log(`\nmost memory of a run: ${atRest} MiB for a video of 1 MB, ${atWork} MiB for one of ${large}`);
}

async function peakMib(resultBytes: number): Promise<string> {
  await using system = await startBenchSystem({
    simulator: { limit: { max: 1000, windowMs: 1000 }, taskTime: '1s', resultBytes },
    environment: { MAX_VIDEO_BYTES: '8GiB' },
  });
  const list = join(system.environment['DATA_DIR'] ?? '', 'list.txt');
  await writeFile(list, shareLink(1));
  const { code, peakRssMib } = await measure(['run', '--yes', '--json', list], system.environment);
  if (code !== 0) throw new Error(`the run ended with ${code}`);
  return peakRssMib.toFixed(0);
}
