/**
 * Operations on schedules: add, list, pause, resume, remove. The runner runs them. Each step is safe to repeat, and an
 * interrupted one is repaired by the next worker (repairTicks).
 */
import type { Clock } from '../../shared/clock.ts';
import { parseSourceAddress, type SourceAddress, writeSourceAddress } from '../sources/source-address.ts';
import { renderBatchName } from './batch-template.ts';
import { checkCron } from './cron.ts';
import { type Schedule, ScheduleError, type ScheduleRun, type ScheduleRunning } from './schedule.ts';
import type { ScheduleStore } from './schedule-store.ts';
import { dueTick, startTicks, stopTicks, type TicksQueue } from './ticks-queue.ts';

export interface SchedulesDeps {
  readonly queue: TicksQueue;
  readonly store: ScheduleStore;
  readonly clock: Clock;
}

export interface NewSchedule
  extends Pick<Schedule, 'name' | 'cron' | 'timeZone' | 'model' | 'column' | 'batchTemplate' | 'maxCredits'> {
  readonly inputs?: Schedule['inputs'];
  /** As a person wrote it. */
  readonly source: string;
}

export interface ScheduleView {
  readonly schedule: Schedule;
  /** Null when it is paused, or the next worker has to make it. */
  readonly nextAt: number | null;
  readonly running: ScheduleRunning | null;
  /** The newest first. */
  readonly runs: readonly ScheduleRun[];
}

/**
 * Makes a schedule, or changes the one of that name. Its next tick stays when its times stay, so repeating the
 * command with every deployment drops no tick that was missed meanwhile.
 * @param deps.probe rejects where the source is not there
 * @throws ScheduleError or SourceError when a part of it cannot be understood
 */
export async function addSchedule(
  given: NewSchedule,
  workingFolder: string,
  {
    queue,
    store,
    clock,
    probe,
  }: SchedulesDeps & { readonly probe?: (place: SourceAddress) => Promise<void> },
): Promise<Schedule> {
  const now = clock.now();
  checkCron(given.cron, given.timeZone, now);
  renderBatchName(given.batchTemplate, { ...given, at: now });
  const place = parseSourceAddress(given.source, workingFolder);
  await probe?.(place);
  const source = writeSourceAddress(place);
  const before = await store.get(given.name);
  const schedule = {
    ...given,
    inputs: given.inputs ?? {},
    source,
    paused: before?.paused ?? false,
    createdAt: before?.createdAt ?? now,
  };
  await store.put(schedule);
  const sameTimes = before?.cron === schedule.cron && before.timeZone === schedule.timeZone;
  if (!schedule.paused && !(sameTimes && (await dueTick(queue, schedule.name)) !== null)) {
    await startTicks(queue, schedule);
  }
  return schedule;
}

/** @throws ScheduleError when there is none of that name */
export async function removeSchedule(name: string, { queue, store }: SchedulesDeps): Promise<void> {
  const removed = await store.remove(name);
  await stopTicks(queue, name);
  if (!removed) throw await unknownSchedule(name, store);
}

/** Ticks that are due while it is paused are not made up for. */
export async function pauseSchedule(name: string, { queue, store }: SchedulesDeps): Promise<void> {
  await store.put({ ...(await requireSchedule(name, store)), paused: true });
  await stopTicks(queue, name);
}

export async function resumeSchedule(name: string, { queue, store }: SchedulesDeps): Promise<void> {
  const schedule = await requireSchedule(name, store);
  if (!schedule.paused) return;
  await store.put({ ...schedule, paused: false });
  await startTicks(queue, { ...schedule, paused: false });
}

export async function viewSchedules(count: number, deps: SchedulesDeps): Promise<ScheduleView[]> {
  const schedules = await deps.store.all();
  return Promise.all(schedules.map((schedule) => view(schedule, count, deps)));
}

/** @throws ScheduleError when there is none of that name */
export async function viewSchedule(name: string, count: number, deps: SchedulesDeps): Promise<ScheduleView> {
  return view(await requireSchedule(name, deps.store), count, deps);
}

async function view(
  schedule: Schedule,
  count: number,
  { queue, store }: SchedulesDeps,
): Promise<ScheduleView> {
  const [nextAt, running, runs] = await Promise.all([
    schedule.paused ? null : dueTick(queue, schedule.name),
    store.running(schedule.name),
    store.runs(schedule.name, count),
  ]);
  return { schedule, nextAt, running, runs };
}

/** @throws ScheduleError that lists those there are */
export async function requireSchedule(name: string, store: ScheduleStore): Promise<Schedule> {
  const schedule = await store.get(name);
  if (schedule === null) throw await unknownSchedule(name, store);
  return schedule;
}

async function unknownSchedule(name: string, store: ScheduleStore): Promise<ScheduleError> {
  const names = (await store.all()).map((each) => each.name);
  const hint = names.length === 0 ? 'there are none yet' : `there are: ${names.join(', ')}`;
  return new ScheduleError(`There is no schedule "${name}"; ${hint}`);
}
