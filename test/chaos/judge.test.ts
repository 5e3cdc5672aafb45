/** The judge of `npm run chaos` finds exactly the violations in a correct batch that is changed by hand. */
import { appendFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { reportItem } from '../../chaos/item-report.ts';
import { type JudgedWorld, judge } from '../../chaos/judge.ts';
import { filesIn } from '../../chaos/result-store.ts';
import { connectTestRedis } from '../setup/redis.ts';
import { shareLink, startSystem } from '../setup/system.ts';

it('finds each of the things that must not be, and nothing where all is well', {
  timeout: 300_000,
}, async () => {
  await using system = await startSystem();
  const { session, environment, simulator } = system;
  const redis = connectTestRedis();
  const [paidTwice = '', lost = '', incomplete = ''] = await system.give(4);
  const worker = await system.startWorker();
  await system.ended();
  await worker.stop(1000);
  const videos = environment['STORAGE_URL']?.replace('file:', '') ?? '';
  const world: JudgedWorld = {
    simulator,
    environment,
    policy: 'resubmit',
    store: filesIn(videos),
    batches: new Map([['test', [0, 1, 2, 3].map(shareLink)]]),
    services: [],
  };
  const judged = async () => (await judge(world, session)).violations;
  expect(await judged()).toEqual([]);

  const prefix = environment['QUEUE_PREFIX'] ?? '';
  await fetch(`${simulator.url}/api/v1/jobs/createTask`, {
    method: 'POST',
    headers: { authorization: `Bearer ${environment['KIE_API_KEY']}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'sora-watermark-remover',
      input: { video_url: shareLink(0), upload_method: 's3' },
    }),
  });
  const fileOf = async (id: string) => (await session.ledger.item(id))?.file ?? '';
  await rm(await fileOf(lost));
  await appendFile(await fileOf(incomplete), 'more');
  await writeFile(join(videos, 'test', 'left.part'), '');
  await redis.hincrby(`${prefix}:batch:test`, 'saved', 1);
  await redis.zadd(`${prefix}:active`, 1, lost);
  await redis.set(`${prefix}:left:lock`, 'x');
  const found = await judged();
  const about = (id: string | null) =>
    found.filter(({ itemId }) => itemId === id).map(({ message }) => message);
  expect(about(paidTwice).join()).toMatch(/paid 2 times, and is not counted.*on record nowhere/);
  expect(about(lost)).toEqual([expect.stringMatching(/is not there$/)]);
  expect(about(incomplete)).toEqual([expect.stringMatching(/is not what its sidecar says$/)]);
  expect(about(null).sort()).toEqual([
    '1 entries are left in active',
    'batch test counts 5 saved, a recount gives 4',
    expect.stringMatching(/left\.part belongs to no saved link$/),
    expect.stringMatching(/left:lock is left$/),
  ]);
  await redis.quit();

  const item = await session.ledger.item(paidTwice);
  if (item === null) throw new Error('the link is not known');
  const at = item.enqueuedAt + 1;
  const log = JSON.stringify({
    level: 40,
    time: new Date(at).toISOString(),
    item: paidTwice,
    msg: 'Odd',
    n: 1,
  });
  const report = await reportItem(
    {
      simulator,
      startedAt: item.enqueuedAt - 1000,
      timeline: [
        { at: at - 1, what: 'it is killed' },
        { at: at + 3_600_000, what: 'much later' },
      ],
      services: [{ name: 'worker-1', log: async () => `${log}\nnot from the logger: ${paidTwice}` }],
    },
    item,
    session,
  );
  const [first, second] = simulator.orders().filter(({ link }) => link === shareLink(0));
  expect(report).toContain(
    `at the vendor: task ${first?.id} for 10 credits, task ${second?.id} for 10 credits`,
  );
  const told = report
    .split('\n')
    .slice(3)
    .map((line) => line.trim().replace(/^.* s {2}/, ''));
  expect(told.slice(0, 3)).toEqual([
    'MEANWHILE    it is killed',
    expect.stringMatching(/^worker-1 +WARNING Odd: item=.* n=1$/),
    expect.stringMatching(/^worker-1 +not from the logger/),
  ]);
  expect(told.filter((line) => line.startsWith('the vendor'))).toHaveLength(2);
  expect(report).not.toContain('much later');
});
