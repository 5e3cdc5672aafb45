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
  const { seed, policy, hasCallbacks, torments, seconds, facts, violations, histories, timeline } = report;
  console.log(
    `seed ${seed}, policy ${policy}, callbacks ${hasCallbacks ? 'on' : 'off'}, ${seconds.toFixed(0)} s`,
  );
  console.log([...torments].map(([name, times]) => `${name} ${times}`).join(', '));
  console.log(
    Object.entries(facts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', '),
  );
  for (const { message, itemId } of violations)
    console.log(`VIOLATION ${itemId === null ? '' : `${itemId} `}${message}`);
  if (violations.length === 0) {
    console.log('everything holds');
    return;
  }
  process.exitCode = 1;
  for (const history of histories) console.log(history);
  console.log(timeline.join('\n'));
  console.log(
    `Again: npm run chaos -- --seed ${seed} ${args.filter((arg, n) => arg !== '--seed' && args[n - 1] !== '--seed').join(' ')}`,
  );
}
