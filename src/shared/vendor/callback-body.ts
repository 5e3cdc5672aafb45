/**
 * The task id in a callback's body, the only part that is used. Pure. Nothing else in the body is trusted; the outcome
 * of the task is read from the vendor.
 */
import { z } from 'zod';
import { parseJson, taskIdSchema } from './reply-body.ts';

const optionalTaskId = taskIdSchema.optional().catch(undefined);

const bodySchema = z.looseObject({
  taskId: optionalTaskId,
  data: z.looseObject({ taskId: optionalTaskId, task_id: optionalTaskId }).nullish().catch(undefined),
});

/** At data.taskId, data.task_id or taskId, in this order; null without one. */
export function readTaskIdOfBody(body: Buffer): string | null {
  const parsed = bodySchema.safeParse(parseJson(body.toString('utf8')));
  if (!parsed.success) return null;
  const { data, taskId: topLevel } = parsed.data;
  return data?.taskId ?? data?.task_id ?? topLevel ?? null;
}
