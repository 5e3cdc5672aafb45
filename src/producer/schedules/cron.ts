/**
 * When a schedule is due. Pure. BullMQ's parser reads the expression. This adds the one rule it lacks: a time that
 * falls into the gap of summer time is made up for right after the gap, also if clocks change at midnight or by half an
 * hour, so that a daily schedule runs every day. A time that occurs twice in autumn is due once; `*` and steps of
 * minutes continue in real time through both hours.
 */
import { getNextMillis } from 'bullmq';
import { ScheduleError } from './schedule.ts';
import { isTimeZone, offsetMsAt } from './time-zone.ts';

const words: ReadonlySet<string> = new Set([
  '@yearly',
  '@annually',
  '@monthly',
  '@weekly',
  '@daily',
  '@hourly',
  '@minutely',
  '@weekdays',
  '@weekends',
]);

/**
 * @returns the first instant after `after` at which the schedule is due, Unix milliseconds; undefined when there
 *   is none
 * @throws Error when the expression or the zone cannot be read
 */
export function nextTickAt(cron: string, timeZone: string, after: number): number | undefined {
  const tick = getNextMillis(after, { pattern: cron, tz: timeZone });
  const onWall = nextOnWall(cron, timeZone, after);
  if (onWall === undefined) return tick;
  // Before a day on which clocks go back by half an hour the parser can find nothing (cron-parser 5.10).
  if (tick === undefined) return onWall.instant;
  return onWall.isInGap ? Math.min(tick, onWall.instant) : tick;
}

/** The next `count` instants. */
export function nextTicks(cron: string, timeZone: string, after: number, count: number): number[] {
  const ticks: number[] = [];
  while (ticks.length < count) {
    const at = nextTickAt(cron, timeZone, ticks.at(-1) ?? after);
    if (at === undefined) break;
    ticks.push(at);
  }
  return ticks;
}

/** @throws ScheduleError with the problem and an example */
export function checkCron(cron: string, timeZone: string, now: number): void {
  if (!isTimeZone(timeZone)) {
    throw new ScheduleError(`"${timeZone}" is not a time zone; use one like Europe/Berlin or UTC`);
  }
  const fields = cron.trim().split(/\s+/);
  if (!words.has(cron.trim()) && fields.length !== 5 && fields.length !== 6) {
    throw wrongCron(cron, 'it must have five fields (minute hour day month weekday)');
  }
  try {
    if (nextTickAt(cron, timeZone, now) === undefined) throw new Error('it never occurs');
  } catch (error) {
    throw wrongCron(cron, error instanceof Error ? error.message : String(error));
  }
}

function wrongCron(cron: string, problem: string): ScheduleError {
  return new ScheduleError(
    `"${cron}" is not a cron expression: ${problem}. For example "*/15 * * * *" is every quarter of an hour, "0 6 * * 1-5" is six on working days`,
  );
}

interface WallTick {
  readonly instant: number;
  /** The clocks jump over it: the instant is as long after the jump as the time lay after the gap's beginning. */
  readonly isInGap: boolean;
}

/** The time on the wall that is due next, read as if the clocks never changed, and the instant of it. */
function nextOnWall(cron: string, timeZone: string, after: number): WallTick | undefined {
  const offsetMs = offsetMsAt(after, timeZone);
  const wallTime = getNextMillis(after + offsetMs, { pattern: cron, tz: 'UTC' });
  if (wallTime === undefined) return undefined;
  const instant = wallTime - offsetMs;
  const laterOffsetMs = offsetMsAt(instant, timeZone);
  if (laterOffsetMs === offsetMs) return { instant, isInGap: false };
  const laterInstant = wallTime - laterOffsetMs;
  const isInGap = laterOffsetMs > offsetMs && offsetMsAt(laterInstant, timeZone) !== laterOffsetMs;
  return { instant: isInGap ? instant : laterInstant, isInGap };
}
