/** Connections to Redis, the vendor and the bucket are cut, refused, slowed and stalled. */
import type { World } from '../world.ts';
import { forAWhile, type Torment } from './torment.ts';

const names = { redis: 'Redis', vendor: 'the vendor', storage: 'the bucket' } as const;

function connectionTorments(to: keyof typeof names): Torment[] {
  const subject = `${to}-connection` as const;
  const name = names[to];
  const isFor = ({ store }: World) => to !== 'storage' || store.kind === 'bucket';
  const all: Torment[] = [
    {
      name: `${to}-cut`,
      subject,
      weight: 3,
      async run(world, draw) {
        const cut = world.proxies[to].cut(draw.between(0.3, 1), draw.next);
        world.note(`${cut} connections to ${name} are cut`);
      },
    },
    {
      name: `${to}-unreachable`,
      subject,
      weight: 2,
      async run(world, draw) {
        const proxy = world.proxies[to];
        await forAWhile(world, {
          ms: draw.between(1000, 6000),
          message: `${name} is unreachable`,
          begin() {
            proxy.refuse(true);
            proxy.cut(1, draw.next);
          },
          end: proxy.heal,
        });
      },
    },
    {
      name: `${to}-slow`,
      subject,
      weight: 2,
      async run(world, draw) {
        const proxy = world.proxies[to];
        const [ms, delayMs] = [draw.between(2000, 6000), draw.between(50, 400)];
        await forAWhile(world, {
          ms,
          message: `${name} answers ${delayMs.toFixed(0)} ms later, and hears as much later,`,
          begin: () => proxy.slow(delayMs),
          end: proxy.heal,
        });
      },
    },
    {
      name: `${to}-stalled`,
      subject,
      weight: 2,
      async run(world, draw) {
        const proxy = world.proxies[to];
        const [ms, isCut] = [draw.between(2000, 12_000), draw.chance(0.5)];
        await forAWhile(world, {
          ms,
          message: `connections to ${name} ${isCut ? 'stall, and then are cut,' : 'stall'}`,
          begin: () => proxy.stall(true),
          end() {
            if (isCut) proxy.cut(1, draw.next);
            proxy.heal();
          },
        });
      },
    },
  ];
  return all.map((each) => ({ ...each, isFor }));
}

export const allConnectionTorments: readonly Torment[] = [
  ...connectionTorments('redis'),
  ...connectionTorments('vendor'),
  ...connectionTorments('storage'),
];
