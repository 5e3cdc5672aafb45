/** Schedules and their runs, for people and for scripts. Pure; times are in the schedule's time zone. */
import type { ScheduleRun } from '../producer/schedules/schedule.ts';
import type { ScheduleView } from '../producer/schedules/schedules.ts';
import { localTime } from '../producer/schedules/time-zone.ts';
import { maskAddress } from '../shared/logging/shown-text.ts';
import { formatCount, formatDuration, plural } from '../shared/wording/format.ts';

/** `2026-11-22 06:15:00`, as a clock on the wall there shows. */
export function wallTime(at: number, timeZone: string): string {
  const { year, month, day, hour, minute, second } = localTime(at, timeZone);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`;
}

export function describeSchedule({ schedule, nextAt, running, runs }: ScheduleView, now: number): string {
  const { name, cron, timeZone, source, batchTemplate, paused } = schedule;
  const last = runs[0];
  const trouble = runs.find(({ error }) => error !== null);
  const lines = [
    `${name}: ${cron} ${timeZone}, from ${maskAddress(source)} into ${batchTemplate}`,
    `  next: ${describeNext(nextAt, paused, timeZone, now)}`,
  ];
  if (running !== null) {
    lines.push(`  running for ${formatDuration(now - running.startedAt)} on ${running.host}`);
  }
  lines.push(`  last: ${last === undefined ? 'never run' : describeRun(last, timeZone)}`);
  if (trouble !== undefined && trouble !== last) {
    lines.push(`  last trouble: ${describeRun(trouble, timeZone)}`);
  }
  return lines.join('\n');
}

function describeNext(nextAt: number | null, paused: boolean, timeZone: string, now: number): string {
  if (paused) return 'paused; resume with: kie-batch schedule resume NAME';
  if (nextAt === null) return 'as soon as a worker runs';
  if (nextAt <= now) return `overdue since ${wallTime(nextAt, timeZone)}: no worker has run it`;
  return `${wallTime(nextAt, timeZone)} (in ${formatDuration(nextAt - now)})`;
}

/** One run in one line: time, result, error. */
export function describeRun(run: ScheduleRun, timeZone: string): string {
  const by = run.by === 'person' ? ', by hand' : '';
  return `${wallTime(run.startedAt, timeZone)}${by}: ${describeBrought(run)}`;
}

export function describeBrought({ batch, counts, error, unfinished, skippedTicks }: ScheduleRun): string {
  const brought =
    counts.accepted > 0 ? `${plural(counts.accepted, 'new link')} into ${batch}` : 'nothing new';
  const known = counts.duplicates + counts.alreadySaved;
  const parts = [brought];
  if (known > 0) parts.push(`${formatCount(known)} known`);
  if (counts.invalid > 0) parts.push(`${plural(counts.invalid, 'line')} without a usable link`);
  if (unfinished > 0) parts.push(`${plural(unfinished, 'list')} still being written`);
  if (skippedTicks > 0) parts.push(`${plural(skippedTicks, 'tick')} skipped meanwhile`);
  if (error !== null) parts.push(`trouble: ${error}`);
  return parts.join(', ');
}

/** The same for `--json`; times ISO 8601. */
export function viewForScripts({ schedule, nextAt, running, runs }: ScheduleView): object {
  const { timeZone, createdAt, ...rest } = schedule;
  const [last] = runs;
  return {
    ...rest,
    tz: timeZone,
    createdAt: isoTime(createdAt),
    next: nextAt === null ? null : isoTime(nextAt),
    running: running === null ? null : { since: isoTime(running.startedAt), host: running.host },
    last: last === undefined ? null : runForScripts(last),
    lastError: runs.find(({ error }) => error !== null)?.error ?? null,
  };
}

export function runForScripts({ tickAt, startedAt, endedAt, counts, ...run }: ScheduleRun): object {
  return {
    due: isoTime(tickAt),
    started: isoTime(startedAt),
    ended: isoTime(endedAt),
    ...run,
    ...counts,
  };
}

function isoTime(at: number): string {
  return new Date(at).toISOString();
}
