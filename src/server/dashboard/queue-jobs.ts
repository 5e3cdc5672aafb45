/**
 * Makes Bull Board's jobs readable. A job has little more than the id of its link; the facts of the link from the
 * ledger are added when the board reads it, and the link's history replaces the job's log, so that nothing is stored
 * twice. Also says which of the board's actions are safe here.
 */
import { z } from 'zod';
import type { Stage } from '../../shared/jobs/catalogue.ts';
import type { ServerDeps } from '../server-deps.ts';

export const queueTexts = {
  submit: {
    displayName: 'Submit (new tasks)',
    description:
      'Links that are about to become a task at the vendor. Waiting links are in their batches, not here.',
  },
  'status-check': {
    displayName: 'Status checks',
    description: 'One job for each task at the vendor: it runs when the result is likely.',
  },
  download: {
    displayName: 'Downloads',
    description: 'Finished results, until they are stored and verified.',
  },
} as const satisfies Record<Stage, { displayName: string; description: string }>;

const jobSchema = z.looseObject({
  id: z.string().nullish(),
  data: z.record(z.string(), z.unknown()).catch({}),
});
const queuesSchema = z.looseObject({
  queues: z.array(z.looseObject({ jobs: z.array(z.unknown()).catch([]) })),
});
const oneJobSchema = z.looseObject({ job: jobSchema });
const besideSchema = z.looseObject({ itemId: z.string() });

/** The link that a job is about. */
export function itemIdOf(job: {
  readonly id?: string | number | null | undefined;
  readonly data?: unknown;
}): string | null {
  const data = z.record(z.string(), z.unknown()).catch({}).parse(job.data);
  const named = besideSchema.safeParse(data['beside'] ?? data['claim']);
  return named.success ? named.data.itemId : job.id == null ? null : String(job.id);
}

/** @param path of the board's own API, from `/api` on; @param payload what the board is about to answer */
export async function describeJobs(path: string, payload: unknown, deps: ServerDeps): Promise<unknown> {
  const ofLogs = /^\/api\/queues\/(?:submit|status-check|download)\/([^/]+)\/logs$/.exec(path);
  if (ofLogs !== null) return storyLines(decodeURIComponent(ofLogs[1] ?? ''), deps);
  const list = queuesSchema.safeParse(payload);
  if (list.success) {
    const queues = await Promise.all(
      list.data.queues.map(async (queue) => ({
        ...queue,
        jobs: await Promise.all(queue.jobs.map((job) => describeJob(job, deps))),
      })),
    );
    return { ...list.data, queues };
  }
  const one = oneJobSchema.safeParse(payload);
  return one.success ? { ...one.data, job: await describeJob(one.data.job, deps) } : payload;
}

async function describeJob(job: unknown, { ledger }: ServerDeps): Promise<unknown> {
  const read = jobSchema.safeParse(job);
  if (!read.success) return job;
  const id = itemIdOf(read.data);
  const item = id === null ? null : await ledger.item(id);
  if (item === null) return job;
  const { url, batch, model, state, reason, message, attempts } = item;
  const taskId = item.taskIds.at(-1) ?? null;
  const link = { link: url, batch, model, state, reason, message, taskId, createCalls: attempts };
  return { ...read.data, name: `${batch}: ${id}`, data: { ...link, job: read.data.data } };
}

async function storyLines(jobId: string, { itemHistory }: ServerDeps): Promise<string[]> {
  const story = await itemHistory.story(jobId.split('.')[0] ?? jobId);
  return story.map(({ at, kind, message, times }) => {
    const repeated = times > 1 ? ` (${times} times)` : '';
    return `${new Date(at).toISOString()} ${kind}${repeated}${message === '' ? '' : `: ${message}`}`;
  });
}

/**
 * Jobs only wake up workers: running one earlier or removing it is harmless, because the sweep adds it again. Adding
 * jobs, changing their data or removing a queue's settings is refused.
 */
const safeActions = [
  /^\/api\/queues\/(?:pause|resume)$/,
  /^\/api\/queues\/[^/]+\/(?:pause|resume|promote|empty)$/,
  /^\/api\/queues\/[^/]+\/clean\/[^/]+$/,
  /^\/api\/queues\/[^/]+\/[^/]+\/(?:promote|clean)$/,
];

export function isSafeAction(path: string): boolean {
  return safeActions.some((pattern) => pattern.test(path));
}
