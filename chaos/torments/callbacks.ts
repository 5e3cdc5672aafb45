/** Callbacks that a stranger makes up, and the vendor's own, sent again and in another order. */
import { signCallback } from '../../src/simulator/signature.ts';
import type { Random } from '../random.ts';
import { type World, webhookKey } from '../world.ts';
import type { Torment } from './torment.ts';

type Order = ReturnType<World['simulator']['orders']>[number];

function someOrder({ simulator }: World, draw: Random): Order | undefined {
  const [first, ...rest] = simulator.orders().filter(({ callBackUrl }) => callBackUrl !== undefined);
  return first === undefined ? undefined : draw.pick([first, ...rest]);
}

async function post(to: Order, body: object, headers: object = {}): Promise<void> {
  await fetch(to.callBackUrl ?? '', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(5000),
  }).catch(() => undefined);
}

const isFor = ({ hasCallbacks }: World) => hasCallbacks;

export const callbackTorments: readonly Torment[] = [
  {
    name: 'callback-forged',
    subject: 'callback',
    isFor,
    weight: 3,
    async run(world, draw) {
      const [victim, other] = [someOrder(world, draw), someOrder(world, draw)];
      if (victim === undefined || other === undefined) return;
      world.note(`callbacks are forged for ${victim.link.slice(-8)}: the task of ${other.link.slice(-8)}`);
      const resultJson = '{"resultUrls":["http://127.0.0.1:1/x.mp4"]}';
      const bodies = [
        { code: 200, data: { taskId: other.id, state: 'success', resultJson } },
        { code: 501, data: { taskId: victim.id, state: 'fail', failCode: '422', failMsg: 'forged' } },
        { code: 200, data: { taskId: 'made-up', state: 'success' } },
        { code: 200, data: { taskId: victim.id, state: 'success' } },
      ];
      for (const body of bodies) await post(victim, body);
    },
  },
  {
    name: 'callback-repeated',
    subject: 'callback',
    isFor,
    weight: 2,
    async run(world, draw) {
      world.note('callbacks are sent again, signed as the vendor signs them, in any order');
      for (let sent = 0; sent < 10; sent += 1) {
        const order = someOrder(world, draw);
        if (order === undefined) return;
        // What it says is wrong for some: a signature covers the task id alone.
        const isFailure = draw.chance(0.3);
        const failure = {
          state: 'fail',
          failCode: '500',
          failMsg: 'internal error, please try again later.',
        };
        const data = { taskId: order.id, ...(isFailure ? failure : { state: 'success' }) };
        const headers = signCallback(order.id, Date.now(), webhookKey);
        await post(order, { code: isFailure ? 501 : 200, data }, { ...headers });
      }
    },
  },
];
