/** `--limit-rate` as a flag of processes: it overrides the setting, and an invalid one starts nothing. */
import { describe, expect, it } from 'vitest';
import { openProject } from './executable.ts';

describe.concurrent('--limit-rate', () => {
  it('takes the place of the setting', async () => {
    // At a byte a second nothing would ever arrive.
    await using project = await openProject({ environment: { LIMIT_RATE: '1B' } });
    await project.writeLinks('list.txt', 2);
    const { code } = await project.run(['run', '--yes', '--limit-rate', '100MB', 'list.txt']);
    expect(code).toBe(0);
  });

  it.each([['run'], ['worker']])('%s refuses one that is no size', async (command) => {
    await using project = await openProject();
    const { code, stderr } = await project.run([command, '--limit-rate', 'fast']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/like 500KB or 10MB/)]);
  });
});
