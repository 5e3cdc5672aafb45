/** `npm run chaos`: one run by its flags. Ends with 1 where something does not hold, and says what and how to repeat it. */
import { parseOptions, usage } from './options.ts';
import { type ChaosReport, runChaos } from './run-chaos.ts';

const args = process.argv.slice(2);
if (args.includes('--help')) {
  console.log(usage);
} else {
  try {
    show(await runChaos(parseOptions(args)));
  } catch (error) {
    console.error(error);
    process.exitCode = 2;
  }
}

function show(report: ChaosReport): void {
  const { seed, policy, hasCallbacks, torments, seconds, facts, violations, histories, diary } = report;
  console.log(
    `seed ${seed}, policy ${policy}, callbacks ${hasCallbacks ? 'on' : 'off'}, ${seconds.toFixed(0)} s`,
  );
  console.log([...torments].map(([name, times]) => `${name} ${times}`).join(', '));
  console.log(
    Object.entries(facts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', '),
  );
  for (const { words, id } of violations) console.log(`VIOLATION ${id === null ? '' : `${id} `}${words}`);
  if (violations.length === 0) {
    console.log('everything holds');
    return;
  }
  process.exitCode = 1;
  for (const history of histories) console.log(history);
  console.log(diary.join('\n'));
  console.log(
    `Again: npm run chaos -- --seed ${seed} ${args.filter((arg, n) => arg !== '--seed' && args[n - 1] !== '--seed').join(' ')}`,
  );
}
