/** What people can do with schedules through the server, put together from the producer's functions. */
import { randomUUID } from 'node:crypto';
import { DEFAULT_BATCH_TEMPLATE } from '../producer/schedules/batch-template.ts';
import { nextTicks } from '../producer/schedules/cron.ts';
import { createScheduleStore } from '../producer/schedules/schedule-store.ts';
import {
  addSchedule,
  pauseSchedule,
  removeSchedule,
  requireSchedule,
  resumeSchedule,
  type ScheduleView,
  viewSchedules,
} from '../producer/schedules/schedules.ts';
import { openTicksQueue } from '../producer/schedules/ticks-queue.ts';
import type { ScheduleOperations, ScheduleReading } from '../server/server-deps.ts';
import { systemClock } from '../shared/clock.ts';
import type { Keyspace } from '../shared/redis/keyspace.ts';

const runsShown = 10;
const ticksShown = 5;

export function scheduleOperations(keyspace: Keyspace): ScheduleOperations {
  const store = createScheduleStore(keyspace);
  const queue = openTicksQueue(keyspace);
  const deps = { queue, store, clock: systemClock };
  return {
    list: async () => (await viewSchedules(runsShown, deps)).map(readingOf),
    async put({ name, ...changes }) {
      const before = await store.get(name);
      const { column = null, batchTemplate = DEFAULT_BATCH_TEMPLATE, inputs = {} } = before ?? {};
      await addSchedule({ name, column, batchTemplate, inputs, ...changes }, process.cwd(), deps);
    },
    pause: (name) => pauseSchedule(name, deps),
    resume: (name) => resumeSchedule(name, deps),
    remove: (name) => removeSchedule(name, deps),
    async runNow(name) {
      await requireSchedule(name, store);
      await queue.add('tick', { schedule: name, by: 'person' }, { jobId: `by-hand-${randomUUID()}` });
    },
    close: () => queue.close(),
  };
}

function readingOf({ schedule, nextAt, running, runs }: ScheduleView): ScheduleReading {
  const { name, cron, timeZone, source, model, paused, maxCredits } = schedule;
  return {
    name,
    cron,
    timeZone,
    source,
    model,
    isPaused: paused,
    maxCredits,
    nextAt,
    ticks: paused ? [] : nextTicks(cron, timeZone, Date.now(), ticksShown),
    running,
    runs: runs.map(({ counts, ...run }) => ({
      ...run,
      accepted: counts.accepted,
      known: counts.duplicates + counts.alreadySaved,
      invalid: counts.invalid,
    })),
  };
}
