/** The lock between processes: one at a time, and no kill can leave it locked. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/shared/clock.ts';
import { withLock } from '../../../src/shared/redis/local/generation-lock.ts';
import { identifyOwnProcess } from '../../../src/shared/redis/local/process-identity.ts';
import { ScriptProcess } from './child-process.ts';

describe('the lock between processes', () => {
  let base: string;
  let folder: string;
  let journal: string;

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'kie-lock-'));
    folder = join(base, 'lock');
    journal = join(base, 'journal');
  });
  afterEach(() => rm(base, { recursive: true }));

  const lock = <Result>(work: () => Promise<Result>) => withLock({ folder, clock: systemClock }, work);

  it('lets in one of many at a time', async () => {
    const users = Array.from({ length: 4 }, () => new ScriptProcess('lock-user.ts', [folder, journal, '15']));
    for (const user of users) await user.hear('done');
    const lines = (await readFile(journal, 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(4 * 15 * 2);
    for (let index = 0; index < lines.length; index += 2) {
      expect(lines[index + 1]).toBe(lines[index]?.replace('enter', 'leave'));
    }
  });

  it('is free at once when its holder was killed', async () => {
    const holder = new ScriptProcess('lock-user.ts', [folder, journal, 'stay']);
    await holder.hear('holding');
    await holder.kill('SIGKILL');
    const next = Array.from({ length: 3 }, () => new ScriptProcess('lock-user.ts', [folder, journal, '5']));
    for (const user of next) await user.hear('done');
    expect((await readFile(journal, 'utf8')).match(/enter/g)).toHaveLength(15);
  });

  it('is not held by another process that got the id of a dead holder', async () => {
    await lock(async () => undefined);
    const identity = { ...(await identifyOwnProcess()), startedAt: 'long ago' };
    await writeFile(join(folder, 'lock.7'), JSON.stringify(identity));
    await expect(lock(async () => 'in')).resolves.toBe('in');
  });

  it('is waited for as long as its holder lives, and the wait can be ended', async () => {
    await lock(async () => {
      const impatience = new AbortController();
      const waiting = withLock({ folder, clock: systemClock, signal: impatience.signal }, async () => 'in');
      impatience.abort(new Error('enough'));
      await expect(waiting).rejects.toThrow();
    });
  });

  it('of a holder in another container counts while it is refreshed, and not forever', async () => {
    await lock(async () => undefined);
    const elsewhere = { pid: 1, startedAt: '1', realm: 'other-host pid:[1] other-boot' };
    await writeFile(join(folder, 'lock.7'), JSON.stringify(elsewhere));
    const later = { now: () => systemClock.now() + 60_000 };
    await expect(withLock({ folder, clock: later }, async () => 'in')).resolves.toBe('in');
  });

  it('is released when the work fails, and leaves one file behind', async () => {
    await expect(lock(() => Promise.reject(new Error('work')))).rejects.toThrow('work');
    await lock(async () => undefined);
    expect(await readdir(folder)).toEqual(['lock.2']);
  });
});
