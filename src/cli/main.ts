#!/usr/bin/env node
/**
 * The executable `kie-batch`. Has Node keep what it compiles in the user's cache folder before anything else is
 * loaded, which halves the time until a command begins; the commands stand in program.ts.
 */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { limitHeapGrowth } from '../app/limit-heap-growth.ts';
import { cacheFolder } from '../shared/configuration/cache-folder.ts';

limitHeapGrowth(process.argv[2]);
enableCompileCache(join(cacheFolder(), 'compiled'));
const { execute } = await import('./execute.ts');
await execute(process.argv.slice(2));
