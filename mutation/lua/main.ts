/**
 * `npm run mutate:lua [-- --only NAME] [--every N]`: mutates the Lua scripts of the gate and of the ledger's money, and
 * runs their tests for each mutant against a Redis of its own. Works on a copy of the sources. Mutants that no test
 * notices are printed and written to reports/mutation-lua.json; the exit code is 1 if fewer than nine in ten are noticed.
 * `--only` names one script, such as learning; `--every` tries every n-th mutant.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openOwnRedis } from '../../bench/million/own-redis.ts';
import { type Mutant, mutantsOf } from './mutants.ts';

interface Subject {
  readonly script: string;
  /** The fast ones first: the others run for what they have not noticed. */
  readonly tests: readonly (readonly string[])[];
}

interface Undetected extends Omit<Mutant, 'source'> {
  readonly script: string;
}

const root = join(import.meta.dirname, '../..');
const gateTests = [
  ['accepted-requests', 'refused-requests', 'pause-rules', 'answer-times', 'room', 'gate'],
  ['learning', 'gate-properties', 'full-memory'],
].map((names) => names.map((name) => `test/worker/gate/${name}.test.ts`));
const ledgerTests = [
  ['handing-out', 'money-rules', 'move-rules'],
  ['found-task', 'budget', 'states', 'ledger', 'item-inputs', 'halted-batches', 'full-memory'],
  ['states-model', '../../producer/batch-operations'],
].map((names) => names.map((name) => join('test/shared/ledger', `${name}.test.ts`)));
const subjects: readonly Subject[] = [
  ...['learning', 'slots', 'admit', 'settle', 'peek'].map((name) => ({
    script: `src/worker/gate/${name}.lua`,
    tests: gateTests,
  })),
  ...['ledger', 'take', 'transition', 'take-unaffordable'].map((name) => ({
    script: `src/shared/ledger/scripts/${name}.lua`,
    tests: ledgerTests,
  })),
];
/** A mutant that makes a test wait forever is noticed too. */
const mostMs = 120_000;

const { values } = parseArgs({
  options: { only: { type: 'string' }, every: { type: 'string', default: '1' } },
});
const chosen = subjects.filter(
  ({ script }) => values.only === undefined || script.endsWith(`/${values.only}.lua`),
);
if (chosen.length === 0) throw new Error(`no script is called ${values.only}`);
const folder = await copyOfSources();
await using redis = await openOwnRedis();
const undetected: Undetected[] = [];
let tried = 0;
try {
  for (const { script, tests } of chosen) {
    const original = await readFile(join(root, script), 'utf8');
    if (!(await passes(tests))) throw new Error(`the tests of ${script} fail without any change`);
    const mutants = mutantsOf(original).filter((_, index) => index % Number(values.every) === 0);
    let missed = 0;
    for (const { source, ...mutant } of mutants) {
      await writeFile(join(folder, script), source);
      if (await passes(tests)) {
        undetected.push({ script, ...mutant });
        console.log(`not detected: ${script}:${mutant.line}  ${mutant.from}  →  ${mutant.to || 'nothing'}`);
        missed += 1;
      }
    }
    await writeFile(join(folder, script), original);
    tried += mutants.length;
    console.log(`${script}: ${mutants.length - missed} of ${mutants.length} detected`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
await mkdir(join(root, 'reports'), { recursive: true });
await writeFile(join(root, 'reports/mutation-lua.json'), JSON.stringify({ tried, undetected }, null, 2));
const share = (tried - undetected.length) / tried;
console.log(`${tried - undetected.length} of ${tried} detected (${(share * 100).toFixed(1)} %)`);
process.exitCode = share < 0.9 ? 1 : 0;

async function copyOfSources(): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'kie-batch-mutants-'));
  for (const part of [
    'src',
    'test',
    'bench',
    'docs',
    'schema',
    'package.json',
    'tsconfig.json',
    'vitest.config.ts',
  ])
    await cp(join(root, part), join(copy, part), { recursive: true });
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

async function passes(groups: Subject['tests']): Promise<boolean> {
  for (const tests of groups) if (!(await passesGroup(tests))) return false;
  return true;
}

async function passesGroup(tests: readonly string[]): Promise<boolean> {
  // One process for all files: loading the modules takes longer than the tests.
  const options = ['--bail', '1', '--maxWorkers', '1', '--reporter', 'dot', '--testTimeout', '60000'];
  const child = spawn(join(root, 'node_modules/.bin/vitest'), ['run', ...options, ...tests], {
    cwd: folder,
    env: { ...process.env, REDIS_URL: redis.url },
    stdio: 'ignore',
    // A group of its own, so that its workers end with it.
    detached: true,
  });
  const timer = setTimeout(() => endGroup(child.pid), mostMs);
  const [code] = await once(child, 'exit');
  clearTimeout(timer);
  return code === 0;
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}
