/**
 * Gives what reads bytes from outside broken bytes: `npm run fuzz [-- NAME…] [--seed N] [--cases N]`. Without names all
 * targets are run, each with 5,000 cases; the long form is `--cases 1000000`. Prints a line for each, and the smallest
 * input of a fault with the seed that repeats it. Ends with 1 where a case did not hold.
 */
import { parseArgs } from 'node:util';
import { openAllTargets } from './all-targets.ts';
import { fuzz } from './fuzz.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    cases: { type: 'string', default: '5000' },
  },
});
const [seed, cases] = [Number(values.seed), Number(values.cases)];
console.log(`seed ${seed}`);
await using all = await openAllTargets();
const chosen = all.targets.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
if (chosen.length === 0 || !Number.isSafeInteger(seed) || !(cases >= 1)) {
  console.error(`Targets: ${all.targets.map(({ name }) => name).join(', ')}`);
  process.exitCode = 2;
}
for (const target of chosen) {
  const report = await fuzz(target, { seed, cases });
  const { growth } = report;
  const grows =
    growth === null
      ? ''
      : `, four times the size takes up to ${growth.ratio.toFixed(1)} times as long (${growth.ms.toFixed(0)} ms)`;
  const memory = Math.round(process.memoryUsage.rss() / 2 ** 20);
  console.log(
    `${target.name.padEnd(16)} ${report.cases} cases in ${report.seconds.toFixed(0)} s, slowest ${report.slowestMs.toFixed(0)} ms${grows}; ${memory} MiB`,
  );
  if (report.slowestMs > 500) console.log(`  slowest ${report.slowest}`);
  if (growth !== null && growth.ratio > 8) console.log(`  grows from ${growth.input}`);
  if (report.fault === null) continue;
  console.log(`  FAULT ${report.fault}`);
  process.exitCode = 1;
}
