/** The vendor throttles, halts the account or the model, loses answers, and delivers results that cannot be used. */
import type { SimulatorOptions } from '../../src/simulator/options.ts';
import { apiKey } from '../world.ts';
import { forAWhile, type Torment } from './torment.ts';

function vendor(name: string, weight: number, doing: string, change: Partial<SimulatorOptions>): Torment {
  return {
    name: `vendor-${name}`,
    subject: 'vendor',
    weight,
    async run(world, draw) {
      const { simulator, usual } = world;
      const back = Object.keys(change).map((setting) => [setting, usual[setting as keyof SimulatorOptions]]);
      await forAWhile(world, {
        ms: draw.between(2000, 8000),
        message: `the vendor ${doing}`,
        begin: () => simulator.settings(change),
        end: () => simulator.settings(Object.fromEntries(back)),
      });
    },
  };
}

export const vendorTorments: readonly Torment[] = [
  vendor('throttles', 2, 'takes one task in five seconds', { limit: '1/5s' }),
  vendor('halts', 1, 'refuses the key', { condition: 'unauthorized' }),
  vendor('maintained', 1, 'is maintained', { condition: 'maintenance' }),
  vendor('key-limit', 1, 'says that the key’s cap is reached', { condition: 'key-limit' }),
  vendor('paused', 1, 'has switched the model off', { pausedModels: ['sora-watermark-remover'] }),
  vendor('no-credits', 1, 'has no credits left', { credits: 0 }),
  vendor('other-key', 1, 'knows another key', { apiKey: `${apiKey}-other` }),
  vendor('loses-answers', 2, 'loses every second answer', { faults: { 'create-answer-lost': 0.5 } }),
  vendor('fails-tasks', 1, 'fails every second task', { faults: { 'task-fails-500': 0.5 } }),
  vendor('answers-html', 2, 'answers with pages', {
    faults: { 'create-html': 0.5, 'create-bad-gateway': 0.3, 'record-html': 0.5, 'record-bad-gateway': 0.3 },
  }),
  vendor('results-die', 2, 'lets result URLs die at once', { faults: { 'result-expired': 0.9 } }),
  vendor('results-truncated', 2, 'cuts results short', {
    faults: { 'result-truncated': 0.4, 'result-cut': 0.5 },
  }),
  vendor('slow', 2, 'takes up to twelve seconds to answer', { answerDelay: '1s-12s' }),
];
