/** What `npm run mutate` runs for each mutant: the tests of pure decisions alone, without Redis, servers or files. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    isolate: false,
    maxWorkers: 1,
    testTimeout: 120_000,
    include: [
      'test/shared/models/price.test.ts',
      'test/shared/prices/{learn-price,listed-price}.test.ts',
      'test/shared/vendor/{link-reply,parse-replies,record-origin,reply-body,understand-callback,upload-reply}.test.ts',
      'test/worker/*-decision.test.ts',
      'test/worker/{backoff,callback-patience,seen-time,task-results}.test.ts',
      'test/worker/brake/failure-kind.test.ts',
      'test/worker/gate/query-limit.test.ts',
      'test/worker/polling/{duration-distribution,frequent-polls,history,observed-duration,plan-polls}.test.ts',
      'test/worker/transfer/{answer-course,stall-allowance}.test.ts',
    ],
  },
});
