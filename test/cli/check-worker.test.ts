/** The verdict of `worker --check`. */
import { expect, test } from 'vitest';
import { judgeWorkers } from '../../src/cli/check-worker.ts';

const here = { host: 'here', isAlive: true, saidMsAgo: 3000 };

test.each([
  ['no worker at all', [], false],
  ['a worker of another host', [{ ...here, host: 'there' }], false],
  ['a worker that went silent', [{ ...here, isAlive: false, saidMsAgo: 60_000 }], false],
  ['a worker that is alive', [here], true],
  ['an old one beside a living one', [{ ...here, isAlive: false, saidMsAgo: 90_000 }, here], true],
])('%s', (_name, workers, isHealthy) => {
  expect(judgeWorkers(workers, 'here').isHealthy).toBe(isHealthy);
});
