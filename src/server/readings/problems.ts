/**
 * What needs a person though nothing is halted: shown on the overview, counted in `/metrics` and sent as alerts, from this
 * one list. Pure.
 */
import { situationOfWork } from '../../shared/gate-state/outlook.ts';
import type { PresentWorker } from '../../shared/presence/worker-presence.ts';
import { formatCount, formatDuration, plural } from '../../shared/wording/format.ts';
import type { ScheduleReading } from '../server-deps.ts';
import { creditsNeeded } from './credits-needed.ts';
import type { Overview } from './overview.ts';

export const problemKinds = [
  'no-worker',
  'worker-vanished',
  'tasks-stuck',
  'downloads-stuck',
  'schedule-failing',
  'credits-low',
] as const;
type ProblemKind = (typeof problemKinds)[number];

export interface Problem {
  readonly kind: ProblemKind;
  /** The same while it is the same problem. */
  readonly key: string;
  readonly message: string;
  /** The page that shows it. */
  readonly path: string;
}

/** No worker runs a tick that is overdue by more than this. */
const overdueMs = 2 * 60_000;

export function problemsOf(overview: Overview): Problem[] {
  return [
    ...workProblem(overview),
    ...overview.workers.filter(hasVanished).map(vanished),
    ...overlongProblems(overview),
    ...overview.schedules.flatMap((schedule) => scheduleProblem(schedule, overview.at)),
    ...creditsProblem(overview),
  ];
}

function workProblem(overview: Overview): Problem[] {
  const situation = situationOfWork(overview);
  if (situation.kind !== 'no-worker') return [];
  const message = situation.isNobody
    ? 'Links are waiting and no worker is running. Start one with: kie-batch worker'
    : `No worker has the stage ${situation.stages.join(' or ')}.`;
  return [{ kind: 'no-worker', key: 'no-worker', message, path: '/workers' }];
}

export function hasVanished({ isAlive, holding }: PresentWorker): boolean {
  return !isAlive && Object.values(holding).some((ids) => ids.length > 0);
}

function vanished({ id, host, pid, holding }: PresentWorker): Problem {
  const links = Object.values(holding).flat().length;
  const message = `The worker on ${host} (pid ${pid}) is silent and had ${plural(links, 'link')} in progress. Another worker resumes them.`;
  return { kind: 'worker-vanished', key: `worker-vanished ${id}`, message, path: '/workers' };
}

function overlongProblems({ overlong, overlongLimits }: Overview): Problem[] {
  const problems: Problem[] = [];
  const path = '/stuck';
  if (overlong.tasks > 0) {
    const message = `${plural(overlong.tasks, 'task')} at the vendor for more than ${formatDuration(overlongLimits.task)}, longer than tasks take.`;
    problems.push({ kind: 'tasks-stuck', key: 'tasks-stuck', message, path });
  }
  if (overlong.downloads > 0) {
    const message = `${plural(overlong.downloads, 'download')} unfinished for more than ${formatDuration(overlongLimits.download)}.`;
    problems.push({ kind: 'downloads-stuck', key: 'downloads-stuck', message, path });
  }
  return problems;
}

export function scheduleProblem(schedule: ScheduleReading, at: number): Problem[] {
  const { name, runs, nextAt, isPaused } = schedule;
  const path = `/schedules#${name}`;
  const error = runs[0]?.error ?? null;
  const key = `schedule-failing ${name}`;
  if (error !== null && !isPaused)
    return [
      { kind: 'schedule-failing', key, message: `The last run of schedule ${name} failed: ${error}`, path },
    ];
  if (nextAt !== null && at - nextAt > overdueMs) {
    const message = `Schedule ${name} is overdue by ${formatDuration(at - nextAt)}: no worker runs it.`;
    return [{ kind: 'schedule-failing', key, message, path }];
  }
  return [];
}

function creditsProblem(overview: Overview): Problem[] {
  const balance = overview.credits?.credits ?? null;
  const { credits, links } = creditsNeeded(overview);
  if (balance === null || credits <= balance) return [];
  const message = `${formatCount(balance)} credits are left, and the ${plural(links, 'waiting link')} will need about ${formatCount(credits)}.`;
  return [{ kind: 'credits-low', key: 'credits-low', message, path: '/' }];
}
