/**
 * The notices after an action. The address only contains a known word and a number, so that a link cannot put text on a
 * page. Pure.
 */
import { z } from 'zod';
import { formatCount } from '../../shared/wording/format.ts';

const notices = {
  retried: (n: string) => `${n} will be retried.`,
  'retried-some': (n: string) =>
    `${n} will be retried. Some batches now have more such links, or cost more, than shown. Nothing was changed there. Check again.`,
  'retry-runs': () => 'Links are being retried; the numbers below are updated.',
  cancelled: (n: string) => `${n} cancelled. Paid tasks are still collected.`,
  'cancel-runs': () => 'Links are being cancelled; the numbers below are updated.',
  paused: () => 'Paused. Tasks at the vendor are still collected.',
  resumed: () => 'Resumed.',
  'paused-all': () => 'Everything is paused. Tasks at the vendor are still collected.',
  'resumed-all': () => 'Resumed. Batches that were paused by name stay paused.',
  preferred: () => 'This batch now has a higher priority than others.',
  'not-preferred': () => 'This batch has the normal priority again.',
  created: (n: string) => `${n} accepted.`,
  'create-runs': () => 'The list is being read; the numbers below are updated.',
  'given-up': (n: string) => `${n} given up, without further cost.`,
  attaching: () =>
    'A worker now reads the record of this task. If it names this link, the task is used. The history below shows the outcome.',
  'looking-now': () => 'A worker is checking it now.',
  'schedule-paused': () => 'The schedule is paused.',
  'schedule-resumed': () => 'The schedule is resumed.',
  'schedule-removed': () => 'The schedule is removed. Its batches are kept.',
  'schedule-run': () => 'A worker is running the schedule now.',
  'schedule-saved': () => 'The schedule is saved.',
  several: () => 'Done for the chosen batches.',
  'several-refused': () =>
    'Done for the chosen batches, except those paused for a new price. Resume each of those on its own page.',
  'several-runs': () => 'In progress for the chosen batches; the table is updated.',
  nothing: () => 'There was nothing to do.',
  'not-found': () => 'No batch has this link, id or task id.',
} as const;
export type NoticeName = keyof typeof notices;

const querySchema = z.object({
  done: z.enum(Object.keys(notices) as [NoticeName, ...NoticeName[]]),
  n: z.coerce.number().int().min(0).max(1e9).catch(0),
});

export function noticeOf(query: unknown): string | null {
  const read = querySchema.safeParse(query);
  if (!read.success) return null;
  const { done, n } = read.data;
  return notices[done](`${formatCount(n)} ${n === 1 ? 'link' : 'links'}`);
}

export function withNotice(path: string, done: NoticeName, n = 0): string {
  return `${path}${path.includes('?') ? '&' : '?'}done=${done}&n=${n}`;
}
