/**
 * What an operator does with schedules from the page. Sources on the workers' own disks are added on the command line
 * alone: people who sign in here need not be able to read those machines.
 */

import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { RequestError } from '../../shared/explained-error.ts';
import { Refusal, requireOperator } from '../auth/guard.ts';
import { actWithin } from '../readings/remember.ts';
import type { ScheduleOperations } from '../server-deps.ts';
import type { ActionParts } from './actions.ts';
import { type NoticeName, withNotice } from './notices.ts';

const csrfForm = z.object({ csrf: z.string().optional() }).catch({});
const params = z.object({ name: z.string().max(100) });
const scheduleForm = z.object({
  name: z
    .string()
    .trim()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
      'A name may have letters, digits, dots, dashes and underscores.',
    ),
  cron: z.string().trim().max(100),
  timeZone: z.string().trim().max(60),
  source: z
    .string()
    .trim()
    .regex(/^(https|s3):\/\//, 'A source here is https://… or s3://…'),
  model: z.string(),
  maxCredits: z
    .literal('')
    .transform(() => null)
    .or(z.coerce.number().min(0))
    .default(null),
});

export function scheduleActions(scope: FastifyInstance, parts: ActionParts): void {
  const { deps, audit } = parts;
  const post = (
    path: string,
    action: string,
    notice: NoticeName,
    act: (schedules: ScheduleOperations, name: string, form: unknown) => Promise<string>,
  ) =>
    scope.post(path, async (request, reply) => {
      const { name: viewer } = await requireOperator(request, parts, csrfForm.parse(request.body ?? {}).csrf);
      const { name } = params.catch({ name: '' }).parse(request.params);
      const entry = { who: viewer ?? 'local', address: request.ip, action: `schedule ${action}` };
      try {
        const target = await actWithin(deps.redis, () => act(deps.schedules, name, request.body));
        await audit.note({ ...entry, target, outcome: 'done' });
        return reply.redirect(withNotice('/schedules', notice), 303);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        await audit.note({ ...entry, target: name, outcome: `failed: ${message}` });
        throw error instanceof RequestError ? new Refusal(422, message) : error;
      }
    });
  const simple = (action: 'pause' | 'resume' | 'remove', notice: NoticeName) =>
    post(`/schedules/:name/${action}`, action, notice, async (schedules, name) => {
      await schedules[action](name);
      return name;
    });

  simple('pause', 'schedule-paused');
  simple('resume', 'schedule-resumed');
  simple('remove', 'schedule-removed');
  post('/schedules/:name/run', 'run', 'schedule-run', async (schedules, name) => {
    await schedules.runNow(name);
    return name;
  });
  post('/schedules', 'add', 'schedule-saved', async (schedules, _name, form) => {
    const given = scheduleForm.safeParse(form);
    if (!given.success) throw new Refusal(422, `Nothing was changed. ${z.prettifyError(given.error)}`);
    deps.models.get(given.data.model);
    await schedules.put(given.data);
    return given.data.name;
  });
}
