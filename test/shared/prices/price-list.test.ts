/** The price list as a machine keeps it. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createPriceList } from '../../../src/shared/prices/price-list.ts';
import { startSimulator } from '../../../src/simulator/simulator.ts';
import { until } from '../../setup/until.ts';

const dayMs = 24 * 3_600_000;
const timeoutMs = 20_000;

it('is read once a day, stored with its time, and used while the vendor does not answer', async () => {
  await using simulator = await startSimulator();
  const folder = await mkdtemp(join(tmpdir(), 'kie-batch-prices-'));
  let at = 1_000_000_000_000;
  const clock = { now: () => at };
  const open = () => createPriceList({ baseUrl: simulator.url, folder, clock, timeoutMs });
  const calls = () => simulator.counts().priceListCalls;
  const first = open();
  expect(first.known()).toBeNull();
  await first.freshen();
  await first.freshen();
  expect(first.known()).toMatchObject({ readAt: at, records: { length: 3 } });
  expect(calls()).toBe(2);

  at += dayMs - 1;
  const second = await until(() => {
    const list = open();
    return list.known() === null ? null : list;
  }, 'the list is kept');
  await second.freshen();
  expect(second.known()?.readAt).toBe(1_000_000_000_000);
  expect(calls()).toBe(2);
  expect(await second.refresh()).toBe(true);
  expect(second.known()?.readAt).toBe(at);

  simulator.settings({ priceList: 'unreadable' });
  at += dayMs;
  const third = await until(() => {
    const list = open();
    return list.known()?.readAt === at - dayMs ? list : null;
  }, 'the newer list is kept');
  await third.freshen();
  expect(third.known()?.readAt).toBe(at - dayMs);
  // After a failure it is left alone for a while.
  const failed = calls();
  await third.freshen();
  expect(calls()).toBe(failed);

  const [file = ''] = await readdir(folder);
  await writeFile(join(folder, file), '{"readAt":"x"}');
  expect(open().known()).toBeNull();
  expect(createPriceList({ baseUrl: 'http://other.example', folder, clock }).known()).toBeNull();
  await rm(folder, { recursive: true });
});

it('works without a folder that can be written', async () => {
  await using simulator = await startSimulator();
  const folder = join(import.meta.filename, 'no-folder');
  const list = createPriceList({ baseUrl: simulator.url, folder, clock: Date, timeoutMs });
  await list.freshen();
  expect(list.known()).not.toBeNull();
});
