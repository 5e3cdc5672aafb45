/**
 * Runs a benchmark by name: `npm run bench -- NAME [ARGUMENT…]`. A benchmark is a folder here with a file
 * `run.ts` that exports `run(args)`; it prints what it measured and leaves nothing behind.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [name, ...args] = process.argv.slice(2);
const names = await benchmarkNames();
if (name === undefined || !names.includes(name)) {
  console.error(`Usage: npm run bench -- NAME [ARGUMENT…]\nBenchmarks: ${names.join(', ')}`);
  process.exitCode = 2;
} else {
  const run = await loadBenchmark(name);
  await run(args);
}

async function benchmarkNames(): Promise<string[]> {
  const files = await readdir(import.meta.dirname, { recursive: true });
  return files.flatMap((file) =>
    /^[^/\\]+[/\\]run\.ts$/.test(file) ? [file.slice(0, -'/run.ts'.length)] : [],
  );
}

async function loadBenchmark(folder: string): Promise<(args: string[]) => unknown> {
  const loaded: unknown = await import(pathToFileURL(join(import.meta.dirname, folder, 'run.ts')).href);
  if (!isBenchmark(loaded)) throw new Error(`bench/${folder}/run.ts exports no function run`);
  return loaded.run;
}

function isBenchmark(loaded: unknown): loaded is { run: (args: string[]) => unknown } {
  return typeof loaded === 'object' && loaded !== null && 'run' in loaded && typeof loaded.run === 'function';
}
