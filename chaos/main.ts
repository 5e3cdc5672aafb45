/** `npm run chaos`: one run by its flags. Ends with 1 where something does not hold, and says what and how to repeat it. */
import { parseOptions, usage } from './options.ts';
import { type ChaosReport, runChaos } from './run-chaos.ts';

const args = process.argv.slice(2);
if (args.includes('--help')) {
  console.log(usage);
} else {
  try {
    show(await runChaos(parseOptions(args), interrupted()));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

/** Aborted by Ctrl-C and its kin: nothing that the run has started may be left. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => controller.abort(new Error(`ended by ${signal}`)));
  return controller.signal;
}

function show(report: ChaosReport): void {
  const { settings, torments, seconds, facts, violations, histories, timeline } = report;
  const list = (counts: Iterable<readonly [string, number]>) =>
    [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
  console.log(`${settings}; ${seconds.toFixed(0)} s`);
  console.log(`torments: ${list(torments)}`);
  console.log(`counted: ${list(Object.entries(facts))}`);
  if (violations.length === 0) {
    console.log('everything holds');
    return;
  }
  process.exitCode = 1;
  const seed = /\d+/.exec(settings)?.[0];
  const others = args.filter((arg, n) => arg !== '--seed' && args[n - 1] !== '--seed');
  const sections = [
    ['What was done, by seconds since the start', timeline],
    ['The links of the violations, the first few', histories],
    [
      `${violations.length} violations`,
      violations.map(({ message, itemId }) => `VIOLATION ${itemId === null ? '' : `${itemId} `}${message}`),
    ],
    [
      'The same torments again (add --keep to keep all logs)',
      [['npm run chaos -- --seed', seed, ...others].join(' ')],
    ],
  ] as const;
  for (const [title, lines] of sections) console.log(`\n=== ${title}\n${lines.join('\n')}`);
}
