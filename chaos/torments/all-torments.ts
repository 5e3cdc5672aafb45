/** Everything that is done to a running system, in the order from which a seed draws. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pausedBatch } from '../batches.ts';
import { callbackTorments } from './callbacks.ts';
import { allConnectionTorments } from './connections.ts';
import { clockTorments, processTorments } from './processes.ts';
import { redisTorments } from './redis.ts';
import { storageTorments } from './storage.ts';
import type { Torment } from './torment.ts';
import { vendorTorments } from './vendor.ts';

const pauseAndResume: Torment = {
  name: 'pause-and-resume',
  subject: 'person',
  weight: 1,
  async run(world, draw) {
    const which = draw.chance(0.5) ? [pausedBatch] : [];
    const ms = draw.between(1000, 5000);
    world.note(`${which[0] ?? 'everything'} is paused for ${(ms / 1000).toFixed(1)} s`);
    await world.command(['pause', ...which]).catch(() => undefined);
    await sleep(ms);
    await world.command(['resume', ...which]);
  },
};

export const torments: readonly Torment[] = [
  ...processTorments,
  ...clockTorments,
  ...redisTorments,
  ...allConnectionTorments,
  ...storageTorments,
  ...callbackTorments,
  pauseAndResume,
  ...vendorTorments,
];
