/** The short form of `npm run fuzz`: some hundred broken inputs for every reader. The long form finds more. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openAllTargets } from '../../fuzz/all-targets.ts';
import { fuzz } from '../../fuzz/fuzz.ts';
import type { OpenTargets } from '../../fuzz/target.ts';

let all: OpenTargets;
beforeAll(async () => {
  all = await openAllTargets();
});
// Also fails where the server has logged a failure of its own.
afterAll(() => all[Symbol.asyncDispose]());

it.each([
  'vendor-replies',
  'callbacks',
  'lists',
  'exports',
  'media',
  'media-length',
  'xmp',
  'addresses',
  'settings',
  'http',
  'api',
])('%s: no broken input gets another answer than one in words', async (name) => {
  const target = all.targets.find((each) => each.name === name);
  if (target === undefined) throw new Error(`there is no target ${name}`);
  const report = await fuzz(target, { seed: 1, cases: 400 });
  expect(report.fault).toBeNull();
  expect(report.cases).toBe(400);
});
