/**
 * A schedule in Redis, and the records of its runs. Validated when it is read, because another version of the program
 * may have written it.
 */
import { z } from 'zod';
import { RequestError } from '../../shared/explained-error.ts';

export const scheduleSchema = z.object({
  name: z.string(),
  /** Five fields, or six with seconds first, or a word like `@daily`. */
  cron: z.string(),
  /** As in `Europe/Berlin`; always stored, since workers may run in another zone than the person who made it. */
  timeZone: z.string(),
  /** In the one spelling of source-address.ts. */
  source: z.string(),
  model: z.string(),
  /** For all links, as they were given; older schedules have none. */
  inputs: z.record(z.string(), z.json()).default({}),
  /** The CSV column or JSON field that holds the link. */
  column: z.string().nullable(),
  /** What batches are called, with {name}, {date} and {time}. */
  batchTemplate: z.string(),
  /** Of each batch; null for no limit. */
  maxCredits: z.number().nullable(),
  paused: z.boolean(),
  /** Unix milliseconds. */
  createdAt: z.number(),
});
export type Schedule = z.infer<typeof scheduleSchema>;

const countsSchema = z.object({
  total: z.number(),
  accepted: z.number(),
  duplicates: z.number(),
  alreadySaved: z.number(),
  invalid: z.number(),
});

export const scheduleRunSchema = z.object({
  /** When it was due, Unix milliseconds; for a run by a person, when it was requested. */
  tickAt: z.number(),
  startedAt: z.number(),
  endedAt: z.number(),
  by: z.enum(['schedule', 'person']),
  host: z.string(),
  batch: z.string(),
  counts: countsSchema,
  /** Lists that were read; unchanged ones; ones that are still being written. */
  lists: z.number(),
  unchanged: z.number(),
  unfinished: z.number(),
  /** The error, in one line; null without one. */
  error: z.string().nullable(),
  /** Ticks that were due during the run, and were skipped. */
  skippedTicks: z.number(),
});
export type ScheduleRun = z.infer<typeof scheduleRunSchema>;

export interface ScheduleRunning {
  readonly startedAt: number;
  readonly host: string;
}

/** What a person got wrong about a schedule; the message says what to do and is shown as it is. */
export class ScheduleError extends RequestError {
  override readonly name = 'ScheduleError';
  readonly code = 'SCHEDULE';
}
