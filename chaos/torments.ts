/**
 * What is done to a running system. Each torment undoes itself before it returns, so that the end of the last one is
 * the beginning of peace. Torments of one subject are not done at the same time; those of different subjects are.
 */
import { rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatorOptions } from '../src/simulator/options.ts';
import type { Service } from './processes.ts';
import type { Random } from './random.ts';
import { refusals } from './redis-server.ts';
import { apiKey, type World } from './world.ts';

export interface Torment {
  readonly name: string;
  readonly subject:
    | 'process'
    | 'redis'
    | 'redis-way'
    | 'vendor'
    | 'vendor-way'
    | 'storage'
    | 'callback'
    | 'person';
  readonly weight: number;
  /** When both are done at once, nobody can know what was paid: see `calm` in world.ts. */
  readonly forgets?: 'redis' | 'worker';
  /** Says what it does as soon as it has drawn it. */
  run(world: World, draw: Random): Promise<void>;
}

function someWorker(world: World, draw: Random): Service {
  const [first, ...rest] = world.workers;
  if (first === undefined) throw new Error('no worker');
  return draw.pick([first, ...rest]);
}

/** The vendor is otherwise for a while. */
async function vendorIs(
  world: World,
  draw: Random,
  words: string,
  change: Partial<SimulatorOptions>,
): Promise<void> {
  const ms = draw.between(2000, 8000);
  world.note(`the vendor ${words} for ${seconds(ms)}`);
  world.simulator.settings(change);
  await sleep(ms);
  const back = Object.keys(change).map((name) => [name, world.usual[name as keyof SimulatorOptions]]);
  world.simulator.settings(Object.fromEntries(back));
}

function vendor(name: string, weight: number, words: string, change: Partial<SimulatorOptions>): Torment {
  return {
    name: `vendor-${name}`,
    subject: 'vendor',
    weight,
    run: (world, draw) => vendorIs(world, draw, words, change),
  };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** A way is slowed or stalled for a while. */
function way(to: 'redis' | 'vendor'): Torment[] {
  const subject = `${to}-way` as const;
  const proxyOf = (world: World) => (to === 'redis' ? world.toRedis : world.toVendor);
  return [
    {
      name: `${to}-cut`,
      subject,
      weight: 3,
      async run(world, draw) {
        const share = draw.between(0.3, 1);
        const cut = proxyOf(world).cut(share, draw.next);
        world.note(`${cut} connections to ${to} are cut`);
      },
    },
    {
      name: `${to}-unreachable`,
      subject,
      weight: 2,
      async run(world, draw) {
        const ms = draw.between(1000, 6000);
        world.note(`${to} is unreachable for ${seconds(ms)}`);
        proxyOf(world).refuse(true);
        proxyOf(world).cut(1, draw.next);
        await sleep(ms);
        proxyOf(world).heal();
      },
    },
    {
      name: `${to}-slow`,
      subject,
      weight: 2,
      async run(world, draw) {
        const [ms, delayMs] = [draw.between(2000, 6000), draw.between(50, 400)];
        world.note(`the way to ${to} takes ${delayMs.toFixed(0)} ms more for ${seconds(ms)}`);
        proxyOf(world).slow(delayMs);
        await sleep(ms);
        proxyOf(world).heal();
      },
    },
    {
      name: `${to}-stalled`,
      subject,
      weight: 2,
      async run(world, draw) {
        const ms = draw.between(2000, 12_000);
        const cuts = draw.chance(0.5);
        world.note(`the way to ${to} is stalled for ${seconds(ms)}${cuts ? ', then cut' : ''}`);
        proxyOf(world).stall(true);
        await sleep(ms);
        if (cuts) proxyOf(world).cut(1, draw.next);
        proxyOf(world).heal();
      },
    },
  ];
}

const processes: readonly Torment[] = [
  {
    name: 'kill-worker',
    forgets: 'worker',
    subject: 'process',
    weight: 6,
    async run(world, draw) {
      const worker = someWorker(world, draw);
      world.note(`${worker.name} is killed`);
      worker.signal('SIGKILL');
    },
  },
  {
    name: 'kill-server',
    subject: 'process',
    weight: 1,
    async run(world) {
      world.note('the server is killed');
      world.server.signal('SIGKILL');
    },
  },
  {
    name: 'freeze-worker',
    forgets: 'worker',
    subject: 'process',
    weight: 3,
    async run(world, draw) {
      const worker = someWorker(world, draw);
      const { child } = worker;
      // Past its locks, and often past the time after which it counts as gone.
      const ms = draw.between(8000, 24_000);
      world.note(`${worker.name} is frozen for ${seconds(ms)}`);
      child.kill('SIGSTOP');
      await sleep(ms);
      child.kill('SIGCONT');
    },
  },
  {
    name: 'hang-up-worker',
    forgets: 'worker',
    subject: 'process',
    weight: 2,
    async run(world, draw) {
      const worker = someWorker(world, draw);
      world.note(`the terminal of ${worker.name} is closed`);
      worker.closePipes();
      worker.signal('SIGHUP');
    },
  },
  {
    name: 'end-worker',
    forgets: 'worker',
    subject: 'process',
    weight: 1,
    async run(world, draw) {
      const worker = someWorker(world, draw);
      world.note(`${worker.name} is asked to end`);
      worker.signal('SIGTERM');
    },
  },
  {
    name: 'close-pipes',
    subject: 'process',
    weight: 1,
    async run(world, draw) {
      const worker = someWorker(world, draw);
      world.note(`nobody reads what ${worker.name} says`);
      worker.closePipes();
    },
  },
];

const redis: readonly Torment[] = [
  {
    name: 'redis-killed',
    subject: 'redis',
    weight: 3,
    async run({ redis: server, note }, draw) {
      const ms = draw.between(0, 4000);
      note(`Redis is killed for ${seconds(ms)}`);
      await server.kill();
      await sleep(ms);
      await server.start();
    },
  },
  {
    name: 'redis-loses-its-last-second',
    forgets: 'redis',
    subject: 'redis',
    weight: 2,
    async run({ redis: server, note }, draw) {
      const ms = draw.between(0, 4000);
      const lost = await server.losePower();
      note(`Redis is killed for ${seconds(ms)} and loses its last second, ${lost} bytes`);
      await sleep(ms);
      await server.start();
    },
  },
  {
    name: 'redis-refuses-writes',
    subject: 'redis',
    weight: 4,
    async run({ redis: server, note }, draw) {
      const how = draw.pick(refusals);
      const ms = draw.between(1000, 9000);
      note(`Redis refuses writes with ${how} for ${seconds(ms)}`);
      await server.refuse(how);
      await sleep(ms);
      await server.acceptAgain();
    },
  },
  {
    name: 'redis-blocked',
    subject: 'redis',
    weight: 2,
    async run({ redis: server, note }, draw) {
      const ms = draw.between(500, 5000);
      note(`Redis answers nobody for ${seconds(ms)}`);
      await server.block(ms / 1000);
    },
  },
  {
    name: 'redis-forgets-scripts',
    subject: 'redis',
    weight: 2,
    async run({ redis: server, note }) {
      note('Redis forgets all scripts');
      await server.flushScripts();
    },
  },
];

const storage: readonly Torment[] = [
  {
    name: 'storage-away',
    subject: 'storage',
    weight: 2,
    async run({ videos, note }, draw) {
      const ms = draw.between(2000, 8000);
      note(`the folder of the videos is away for ${seconds(ms)}`);
      const aside = `${videos}-aside`;
      const isThere = await rename(videos, aside).then(
        () => true,
        () => false,
      );
      if (!isThere) return;
      // A file in its place, so that nobody makes a new folder, as on a mount point that is read-only.
      await writeFile(videos, '');
      await sleep(ms);
      await rm(videos);
      await rename(aside, videos);
    },
  },
];

/** Posts what a stranger could make up, or repeat. */
const callbacks: readonly Torment[] = [
  {
    name: 'callback-forged',
    subject: 'callback',
    weight: 3,
    async run(world, draw) {
      const orders = world.simulator.orders().filter(({ callBackUrl }) => callBackUrl !== undefined);
      const [first, ...rest] = orders;
      if (first === undefined) return;
      const [victim, other] = [draw.pick([first, ...rest]), draw.pick([first, ...rest])];
      world.note(`callbacks are forged for ${victim.link.slice(-8)}: the task of ${other.link.slice(-8)}`);
      const bodies = [
        {
          code: 200,
          data: {
            taskId: other.id,
            state: 'success',
            resultJson: '{"resultUrls":["http://127.0.0.1:1/x.mp4"]}',
          },
        },
        { code: 501, data: { taskId: victim.id, state: 'fail', failCode: '422', failMsg: 'forged' } },
        { code: 200, data: { taskId: 'made-up', state: 'success' } },
        { code: 200, data: { taskId: victim.id, state: 'success' } },
      ];
      for (const body of bodies) {
        await fetch(victim.callBackUrl ?? '', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(5000),
        }).catch(() => undefined);
      }
    },
  },
];

const persons: readonly Torment[] = [
  {
    name: 'pause-and-resume',
    subject: 'person',
    weight: 1,
    async run(world, draw) {
      const which = draw.chance(0.5) ? ['list'] : [];
      const ms = draw.between(1000, 5000);
      world.note(`${which[0] ?? 'everything'} is paused for ${seconds(ms)}`);
      await world.command(['pause', ...which]).catch(() => undefined);
      await sleep(ms);
      await world.command(['resume', ...which]);
    },
  },
];

export const torments: readonly Torment[] = [
  ...processes,
  ...redis,
  ...way('redis'),
  ...way('vendor'),
  ...storage,
  ...callbacks,
  ...persons,
  vendor('throttles', 2, 'takes one task in five seconds', { limit: '1/5s' }),
  vendor('halts', 1, 'refuses the key', { condition: 'unauthorized' }),
  vendor('maintained', 1, 'is maintained', { condition: 'maintenance' }),
  vendor('key-limit', 1, 'says that the key’s cap is reached', { condition: 'key-limit' }),
  vendor('paused', 1, 'has switched the model off', { pausedModels: ['sora-watermark-remover'] }),
  vendor('no-credits', 1, 'has no credits left', { credits: 0 }),
  vendor('other-key', 1, 'knows another key', { apiKey: `${apiKey}-other` }),
  vendor('loses-answers', 2, 'loses every second answer', { faults: { 'create-answer-lost': 0.5 } }),
  vendor('fails-tasks', 1, 'fails every second task', { faults: { 'task-fails-500': 0.5 } }),
  vendor('talks-rubbish', 2, 'answers with pages', {
    faults: { 'create-html': 0.5, 'create-bad-gateway': 0.3, 'record-html': 0.5, 'record-bad-gateway': 0.3 },
  }),
  vendor('results-die', 2, 'lets result URLs die at once', { faults: { 'result-expired': 0.9 } }),
  vendor('results-truncated', 2, 'cuts results short', {
    faults: { 'result-truncated': 0.4, 'result-cut': 0.5 },
  }),
  vendor('slow', 2, 'takes up to twelve seconds to answer', { answerDelay: '1s-12s' }),
];
