/** Schedules and the history of their runs in Redis: reads and writes, no decisions. */
import type { z } from 'zod';
import type { Keyspace } from '../../shared/redis/keyspace.ts';
import {
  type Schedule,
  type ScheduleRun,
  type ScheduleRunning,
  scheduleRunSchema,
  scheduleSchema,
} from './schedule.ts';
import { scheduleKeys } from './schedule-keys.ts';

export interface ScheduleStore {
  get(name: string): Promise<Schedule | null>;
  /** By name. */
  all(): Promise<Schedule[]>;
  put(schedule: Schedule): Promise<void>;
  /** With its history. @returns whether there was one */
  remove(name: string): Promise<boolean>;
  addRun(name: string, run: ScheduleRun): Promise<void>;
  /** The newest first, at most `count`. */
  runs(name: string, count: number): Promise<ScheduleRun[]>;
  running(name: string): Promise<ScheduleRunning | null>;
}

/** Runs that are remembered of each schedule. */
export const KEPT_RUNS = 50;

export function createScheduleStore({ redis, prefix }: Keyspace): ScheduleStore {
  const keys = scheduleKeys(prefix);
  return {
    get: async (name) => parsed(scheduleSchema, await redis.hget(keys.schedules, name)),
    async all() {
      const values = Object.values(await redis.hgetall(keys.schedules));
      return values
        .map((text) => parsed(scheduleSchema, text))
        .filter((schedule) => schedule !== null)
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async put(schedule) {
      await redis.hset(keys.schedules, schedule.name, JSON.stringify(schedule));
    },
    async remove(name) {
      const removed = await redis.hdel(keys.schedules, name);
      await redis.del(keys.runs(name));
      return removed > 0;
    },
    async addRun(name, run) {
      await redis.lpush(keys.runs(name), JSON.stringify(run));
      await redis.ltrim(keys.runs(name), 0, KEPT_RUNS - 1);
    },
    async runs(name, count) {
      const texts = await redis.lrange(keys.runs(name), 0, count - 1);
      return texts.map((text) => parsed(scheduleRunSchema, text)).filter((run) => run !== null);
    },
    async running(name) {
      const [startedAt, host] = await redis.hmget(keys.running(name), 'startedAt', 'host');
      return startedAt ? { startedAt: Number(startedAt), host: host ?? '' } : null;
    },
  };
}

/** What another version wrote and this one cannot read is as good as not there. */
function parsed<Shape>(schema: z.ZodType<Shape>, text: string | null): Shape | null {
  if (text === null) return null;
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
