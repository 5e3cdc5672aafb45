/**
 * `npm start` alone: both kinds of jobs, free of charge. A local Redis, the simulated vendor and a worker save the
 * bundled share links with the default model, then the bundled local clips, with a prompt each. Everything uses a
 * separate prefix, so that the demo never touches real work, and is processed again each time.
 */
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { loadConfiguration } from '../../shared/configuration/configuration.ts';
import { DEFAULT_MODEL_ID } from '../../shared/models/model-definition.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import type { Terminal } from '../terminal.ts';
import { jsonOption } from './options.ts';
import { type RunFlags, run } from './run.ts';

const packageFolder = fileURLToPath(new URL('../../../', import.meta.url));

const jobs = [
  {
    batch: 'demo',
    model: DEFAULT_MODEL_ID,
    list: 'examples/links.txt',
    text: '1 of 2: 12 share links (examples/links.txt), saved to videos/demo/.',
  },
  {
    batch: 'demo-clips',
    model: 'wan/2-7-videoedit',
    list: 'examples/clips.csv',
    text: '2 of 2: 3 video files, each with its own prompt (examples/clips.csv), saved to videos/demo-clips/.',
  },
];

/** Slow enough to watch, fast enough to wait for. */
const demoLimit = { text: '6/1s', max: 6, windowMs: 1000 };

export function demoCommand(terminal: Terminal): Command {
  return new Command('demo')
    .description('Try it with the simulated vendor and bundled links and clips; needs no key')
    .addOption(jsonOption())
    .action(async ({ json }: { json: boolean }) => {
      process.exitCode = await demo(json, terminal);
    });
}

/** @returns the exit code */
async function demo(json: boolean, terminal: Terminal): Promise<number> {
  const apiKey = 'demo-key';
  await using simulator = await startSimulator({ apiKey, limit: demoLimit, taskTime: '2s' });
  const loaded = loadConfiguration({
    KIE_API_KEY: apiKey,
    KIE_BASE_URL: simulator.url,
    KIE_UPLOAD_URL: simulator.url,
    QUEUE_PREFIX: '{kie-batch-demo}',
    ALLOW_PRIVATE_ADDRESSES: 'true',
    SUBMIT_LIMIT: demoLimit.text,
    CALLBACK_BASE_URL: '',
  });
  terminal.say('Demo: a simulated vendor on your machine, free of charge. Two jobs, 15 videos.');
  for (const [index, job] of jobs.entries()) {
    const isLast = index === jobs.length - 1;
    terminal.say(`\n${job.text} Model: ${job.model}`);
    // Standard output holds one JSON value, that of the share links.
    const flags = { ...flagsFor(job, terminal, isLast), json: json && index === 0 };
    const exitCode = await run([`${packageFolder}${job.list}`], flags, loaded, terminal);
    if (exitCode !== 0) return exitCode;
  }
  terminal.say('\nWith the real vendor:  KIE_API_KEY=… kie-batch run clips.csv --model wan/2-7-videoedit');
  return 0;
}

function flagsFor(
  { batch, model }: { batch: string; model: string },
  { isWatched }: Terminal,
  isLast: boolean,
): Omit<RunFlags, 'json'> {
  return {
    batch,
    model,
    localFolder: packageFolder,
    modelFile: [],
    set: {},
    force: true,
    upload: false,
    yes: true,
    exitOnHalt: false,
    all: false,
    serve: isWatched,
    staysUp: isWatched && isLast,
  };
}
