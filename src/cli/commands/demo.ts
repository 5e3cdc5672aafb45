/**
 * `npm start` alone: everything at once with nothing to pay: a local Redis, the simulated vendor and a worker
 * bring the bundled example list home. Its links live under a prefix of their own, so the demo never
 * touches real work, and are taken anew each time.
 */
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { loadConfiguration } from '../../shared/configuration/configuration.ts';
import { DEFAULT_MODEL_ID } from '../../shared/models/model-definition.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import type { Terminal } from '../terminal.ts';
import { jsonOption } from './options.ts';
import { run } from './run.ts';

const examples = fileURLToPath(new URL('../../../examples/links.txt', import.meta.url));
/** Slow enough to watch, fast enough to wait for. */
const demoLimit = '6/2s';

export function demoCommand(terminal: Terminal): Command {
  return new Command('demo')
    .description('Show it all with the simulated vendor and the bundled links; needs no key')
    .addOption(jsonOption())
    .action(async ({ json }: { json: boolean }) => {
      const apiKey = 'demo-key';
      await using simulator = await startSimulator({ apiKey, limit: { max: 6, windowMs: 2000 } });
      const loaded = loadConfiguration({
        KIE_API_KEY: apiKey,
        KIE_BASE_URL: simulator.url,
        KIE_UPLOAD_URL: simulator.url,
        QUEUE_PREFIX: '{kie-batch-demo}',
        ALLOW_PRIVATE_ADDRESSES: 'true',
        SUBMIT_LIMIT: demoLimit,
        CALLBACK_BASE_URL: '',
      });
      terminal.say(
        'Demo: a simulated vendor, your machine, nothing to pay. 12 links go in, 12 videos come out.',
      );
      const flags = {
        batch: 'demo',
        model: DEFAULT_MODEL_ID,
        modelFile: [],
        set: {},
        force: true,
        yes: true,
        exitOnHalt: false,
        all: false,
        serve: terminal.isWatched,
        staysUp: terminal.isWatched,
        json,
      };
      process.exitCode = await run([examples], flags, loaded, terminal);
      if (process.exitCode === 0) {
        terminal.say('\nThe real thing:  KIE_API_KEY=… kie-batch run links.txt');
      }
    });
}
