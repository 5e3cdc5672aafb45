/**
 * Workers whose machine's clock is hours off, or is set in the middle of the work, against a Redis whose clock is
 * right: nothing fails, nothing waits for the clock, nothing is paid twice. Needs libfaketime, and is skipped without it.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { hasFakeClock, openFakeClock } from '../setup/fake-clock.ts';
import { until } from '../setup/until.ts';
import { openProject } from './executable.ts';

const links = 40;
const summarySchema = z.looseObject({ saved: z.number(), failed: z.number(), possiblyPaidTwice: z.number() });

describe.skipIf(!hasFakeClock).concurrent('a machine whose clock', () => {
  it.each([
    ['is two hours ahead', '+2h', '+2h'],
    ['is an hour behind', '-1h', '-1h'],
    ['is set two hours ahead', '+0', '+2h'],
    ['is set back by an hour', '+0', '-1h'],
  ])('%s fails nothing and waits for nothing', async (_, before, after) => {
    await using project = await openProject({ simulator: { taskTime: '6s', resultBytes: 200_000 } });
    await project.writeLinks('links.txt', links);
    const clock = await openFakeClock(join(project.folder, 'clock'), before);
    const run = project.start(['run', 'links.txt', '--yes', '--json'], {
      ...clock.environment,
      SUBMIT_LIMIT: '8/1s',
    });
    await until(() => project.simulator.counts().tasks >= links / 4, 'the work is under way');
    await clock.set(after);
    const { code, stdout } = await run.ended;
    const summary = summarySchema.parse(JSON.parse(stdout));
    expect([code, summary]).toMatchObject([0, { saved: links, failed: 0, possiblyPaidTwice: 0 }]);
    expect(project.simulator.counts().tasks).toBe(links);
  });

  it('differs from another worker’s by two hours changes nothing', async () => {
    await using project = await openProject({ simulator: { taskTime: '3s', resultBytes: 200_000 } });
    await project.writeLinks('links.txt', links);
    await project.run(['enqueue', 'links.txt', '--yes']);
    const [ahead, behind] = await Promise.all(
      ['+1h', '-1h'].map((offset, index) => openFakeClock(join(project.folder, `clock-${index}`), offset)),
    );
    for (const clock of [ahead, behind]) {
      project.start(['worker'], { ...clock?.environment, SUBMIT_LIMIT: '8/1s' });
    }
    const counts = await until(async () => {
      const { stdout } = await project.run(['status', 'links', '--json']);
      const now = z.looseObject({ ended: z.boolean(), saved: z.number() }).parse(JSON.parse(stdout));
      return now.ended && now;
    }, 'the batch has ended');
    expect(counts.saved).toBe(links);
    expect(project.simulator.counts().tasks).toBe(links);
  });
});
