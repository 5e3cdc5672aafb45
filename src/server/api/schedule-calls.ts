/** The calls about schedules. */
import type { FastifyInstance } from 'fastify';
import { calls } from './calls.ts';
import { type ApiParts, define } from './define-call.ts';
import { viewSchedule } from './views.ts';

export function scheduleCalls(api: FastifyInstance, parts: ApiParts): void {
  const { schedules, models, clock } = parts.deps;
  const done = { done: true } as const;
  define(api, parts, calls.schedules, async () => {
    const now = clock.now();
    return { schedules: (await schedules.list()).map((schedule) => viewSchedule(schedule, now)) };
  });
  define(api, parts, calls.putSchedule, async ({ params: { name }, body }) => {
    models.get(body.model);
    await schedules.put({ name, ...body });
    return done;
  });
  define(api, parts, calls.removeSchedule, async ({ params: { name } }) => {
    await schedules.remove(name);
    return done;
  });
  define(api, parts, calls.pauseSchedule, async ({ params: { name } }) => {
    await schedules.pause(name);
    return done;
  });
  define(api, parts, calls.resumeSchedule, async ({ params: { name } }) => {
    await schedules.resume(name);
    return done;
  });
  define(api, parts, calls.runSchedule, async ({ params: { name } }) => {
    await schedules.runNow(name);
    return done;
  });
}
