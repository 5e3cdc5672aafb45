/** A task at the simulated vendor without a received answer: as created by a worker that was killed. */
import { expect } from 'vitest';
import { type System, testModel } from './system.ts';

/** @returns the task's id */
export async function makeVendorTask(system: System, url: string, callBackUrl?: string): Promise<string> {
  const answer = await fetch(`${system.simulator.url}/api/v1/jobs/createTask`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${system.environment['KIE_API_KEY']}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ model: testModel, callBackUrl, input: { video_url: url, upload_method: 's3' } }),
  });
  expect(await answer.json()).toMatchObject({ code: 200 });
  return system.simulator.counts().links[url]?.taskIds.at(-1) ?? '';
}
