/**
 * Downloads at full size with faults: `npm run bench -- chaos [DOWNLOADS] [KILLS]` (default 1,000 and 10). Runs all of
 * kie-batch against the simulated vendor. For a third of the links the result is cut, stalls, is a page, is too short, has
 * expired or is missing, and workers are killed with SIGKILL. Prints the outcome, and fails if a file is wrong or a part
 * file is left.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { FaultName } from '../../src/simulator/faults.ts';
import { killWhen } from '../million/executable.ts';
import { type BenchSystem, shareLink, startBenchSystem } from '../system.ts';

/** What the first requests for a result meet; a list as long as there are kinds of trouble. */
const troubles: readonly (readonly FaultName[])[] = [
  ['result-cut', 'result-cut'],
  ['result-stall'],
  ['result-html'],
  ['result-wrong-length'],
  ['result-truncated'],
  ['result-cut', 'result-expired'],
  ['result-missing', 'result-500'],
];

const batch = 'bench';
const resultBytes = 2_000_000;

export async function run(args: readonly string[]): Promise<void> {
  const [downloads = 1000, kills = 10] = args.map(Number);
  const troublesOf = new Map(
    Array.from({ length: Math.ceil(downloads / 3) }, (_, n) => [
      shareLink(n * 3),
      troubles[n % troubles.length] ?? [],
    ]),
  );
  await using system = await startBenchSystem({
    simulator: { limit: { max: 1000, windowMs: 1000 }, taskTime: '50ms', resultBytes },
    hooks: {
      faultOf: ({ place, link, count }) =>
        place === 'result' ? troublesOf.get(link)?.[count - 1] : undefined,
    },
    // Slow enough that every kill finds transfers half-way.
    environment: { SUBMIT_LIMIT: '1000/1s', DOWNLOAD_CONCURRENCY: '16', LIMIT_RATE: '40MB' },
  });
  const startedAt = performance.now();
  await system.give(downloads);
  for (let kill = 1; kill <= kills; kill += 1) {
    const enough = (downloads * kill) / (kills + 1);
    await killWhen(['worker'], system.environment, async () => (await savedIn(system)) >= enough);
  }
  await system.startWorker();
  const { counts } = await system.ended();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  console.log(`${counts.saved} of ${downloads} saved, ${counts.failed} failed, ${kills} kills, ${seconds} s`);
  await judgeFiles(system, downloads);
  judgeTraffic(system, downloads);
}

async function savedIn({ session }: BenchSystem): Promise<number> {
  return (await session.ledger.batch(batch))?.counts.saved ?? 0;
}

const sidecarSchema = z.looseObject({ sha256: z.string(), sourceSha256: z.string() });

async function judgeFiles({ session, simulator, videos }: BenchSystem, downloads: number): Promise<void> {
  let right = 0;
  for await (const page of session.ledger.items(batch)) {
    for (const { file, taskIds, sha256 } of page) {
      const stored = await readFile(file ?? '');
      const source = simulator.resultBytesOf(taskIds.at(-1) ?? '');
      const sidecar = sidecarSchema.parse(
        JSON.parse(await readFile((file ?? '').replace(/mp4$/, 'json'), 'utf8')),
      );
      const isRight =
        stored.subarray(0, source.length).equals(source) &&
        sidecar.sourceSha256 === hashOf(source) &&
        [sidecar.sha256, sha256].every((each) => each === hashOf(stored));
      if (isRight) right += 1;
    }
  }
  const files = await readdir(videos, { recursive: true, withFileTypes: true });
  const others = files.filter((each) => each.isFile() && each.parentPath !== join(videos, batch));
  const beside = files.filter((each) => each.isFile()).length - 2 * downloads;
  console.log(`${right} right files; ${others.length} parts left, ${beside} files too many`);
  if (right !== downloads || others.length > 0 || beside !== 0) process.exitCode = 1;
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function judgeTraffic({ simulator }: BenchSystem, downloads: number): void {
  const { downloads: sent, tasks } = simulator.counts();
  const all = Object.values(sent);
  const sum = (of: (each: (typeof all)[number]) => number) =>
    all.reduce((total, each) => total + of(each), 0);
  const inMb = (bytes: number) => (bytes / 1e6).toFixed(0);
  const wanted = all.length * resultBytes;
  console.log(
    [
      `${tasks} tasks for ${downloads} links`,
      `${inMb(sum(({ bytesSent }) => bytesSent))} MB sent for ${inMb(wanted)} MB of results`,
      `${sum(({ requests }) => requests)} requests, ${sum(({ ranges }) => ranges)} of them went on with what was here`,
      // Counted where they leave the host: what lay in the sockets of a killed worker is among them.
      `${all.filter(({ bytesSent }) => bytesSent >= 2 * resultBytes).length} results left the host twice, of transfers killed within their first 200 ms`,
    ].join('; '),
  );
}
