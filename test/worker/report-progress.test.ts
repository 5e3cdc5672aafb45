/** A long download reports its progress, rarely; a short one does not. */
import { expect, it } from 'vitest';
import { progressOf } from '../../src/worker/report-progress.ts';

it('a download tells how far it is every three seconds, and never twice at once', async () => {
  let now = 0;
  const told: unknown[] = [];
  let answer = Promise.withResolvers<void>();
  const job = {
    updateProgress(progress: unknown) {
      told.push(progress);
      return answer.promise;
    },
  };
  const onProgress = progressOf(job, () => now);
  const receive = (at: number, bytes: number, total: number | undefined = 1000) => {
    now = at;
    onProgress(bytes, total);
  };
  receive(10, 1);
  receive(2999, 200);
  expect(told).toEqual([]);
  receive(3001, 301);
  receive(3002, 302);
  receive(9000, 900);
  expect(told).toEqual([30]);
  answer.reject(new Error('Redis is away'));
  await new Promise(setImmediate);
  answer = Promise.withResolvers();
  receive(9001, 901);
  expect(told).toEqual([30, 90]);
  answer.resolve();
  await new Promise(setImmediate);
  onProgress(5_000_000, undefined);
  now = 13_000;
  onProgress(5_000_000, undefined);
  expect(told).toEqual([30, 90, '5.0 MB']);
});
