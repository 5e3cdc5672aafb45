/**
 * How the tests run: real Redis for all (test/setup), and few processes, each of which runs one file after the other. A
 * process of its own for each file would cost a second each, for loading the same modules again.
 */
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// What Node compiles is kept for all processes of the tests: some hundreds start the same program.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules/.cache/compiled');

/** They change or measure the process that they run in. */
const alone = [
  'test/server/mail-target.test.ts',
  'test/shared/media/kinds/{kinds,mp4}.test.ts',
  'test/shared/outgoing/slow-connects.test.ts',
  'test/shared/storage/file-storage.test.ts',
  'test/shared/tracing/tracing.test.ts',
  'test/worker/{call-journal,own-outages}.test.ts',
  'test/worker/transfer/bandwidth.test.ts',
  'test/worker/upload/relay.test.ts',
  'test/{producer/schedules/ticks-queue,server/video}.test.ts',
];

export default defineConfig({
  // The examples import the package by its name, as a user does.
  resolve: { alias: { 'kie-batch': new URL('src/index.ts', import.meta.url).pathname } },
  test: {
    globalSetup: ['test/setup/global-redis.ts'],
    // Processes rather than threads: the tests start programs, send signals and change directories.
    pool: 'forks',
    // More than the two cores that are common where this runs: most files wait for Redis, for timers or for programs.
    maxWorkers: 3,
    projects: [
      {
        extends: true,
        test: { name: 'together', include: ['test/**/*.test.ts'], exclude: alone, isolate: false },
      },
      { extends: true, test: { name: 'alone', include: alone } },
    ],
    coverage: {
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'html'],
      reportsDirectory: 'coverage',
    },
    // A busy machine may be ten times slower.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
  },
});
