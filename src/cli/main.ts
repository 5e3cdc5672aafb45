#!/usr/bin/env node
/**
 * The executable `kie-batch`. Enables Node's compile cache in the user's cache folder before anything else is loaded,
 * which halves the start time; program.ts has the commands.
 */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { limitHeapGrowth } from '../app/limit-heap-growth.ts';
import { cacheFolder } from '../shared/configuration/cache-folder.ts';
import { programVersion } from '../shared/program-version.ts';

const words = process.argv.slice(2);
if (words.length === 1 && (words[0] === '--version' || words[0] === '-V')) {
  process.stdout.on('error', () => {
    process.exitCode = 1;
  });
  process.stdout.write(`${programVersion()}\n`);
} else {
  limitHeapGrowth(words[0]);
  enableCompileCache(join(cacheFolder(), 'compiled'));
  const { execute } = await import('./execute.ts');
  await execute(words);
}
