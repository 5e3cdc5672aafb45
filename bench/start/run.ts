/**
 * `npm run bench -- start [--runs 10]`: how soon kie-batch works after its start, and after a worker was killed.
 *
 * *First submit*: from the start of `kie-batch run links.txt --yes`, with a Redis that already runs, to the arrival of its
 * first create call at the simulated vendor. Aim: 1.5 s. Measured in the source tree and, if there is a build in dist/, as
 * the package. The very first run finds an empty cache folder, as after an installation, so it is shown separately. Beside
 * it a script that does nothing else: it loads BullMQ, adds one job, and makes one create call in its worker.
 *
 * *Recovery*: two workers, and links in all stages (each answer takes 0.7 s, tasks 2 s). One worker is killed with SIGKILL.
 * For each job that it was running: the time until it is active again, at the other worker. Aim: 15 s. Beside it two
 * workers of plain BullMQ with its defaults (locks of 30 s, checked every 30 s). A link whose create call was open must also
 * wait until its worker counts as dead, since the call may have been paid; that time is shown separately.
 */
import { parseArgs } from 'node:util';
import { measureFirstSubmits } from './first-submit.ts';
import { measureRecovery } from './recovery.ts';

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { runs: { type: 'string', default: '10' } } });
  const runs = Number(values.runs);
  await measureFirstSubmits(runs);
  await measureRecovery(runs);
}
