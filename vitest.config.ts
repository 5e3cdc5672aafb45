/** How the tests run: real Redis for all (test/setup), two files at a time, one process a file. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The examples import the package by its name, as a user does.
  resolve: { alias: { 'kie-batch': new URL('src/index.ts', import.meta.url).pathname } },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/setup/global-redis.ts'],
    // Processes rather than threads: the tests start programs, send signals and change directories.
    pool: 'forks',
    // Two cores are common where this runs, and most files wait for Redis rather than for a core.
    maxWorkers: 2,
    coverage: {
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'html'],
      reportsDirectory: 'coverage',
    },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
