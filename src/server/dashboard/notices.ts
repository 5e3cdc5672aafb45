/**
 * What a page says after something has been done. The address carries only a known word and a number, so that
 * nobody can make a page say something by a link. Pure.
 */
import { z } from 'zod';
import { formatCount } from '../../shared/wording/format.ts';

const notices = {
  retried: (n: string) => `${n} will be retried.`,
  'retried-some': (n: string) =>
    `${n} will be retried. Some batches have more such links now, or cost more, than you were shown: nothing was changed there. Look again.`,
  'retry-runs': () => 'Links are being retried; the numbers below are updated.',
  cancelled: (n: string) => `${n} cancelled. Tasks that are paid are still collected.`,
  'cancel-runs': () => 'Links are being cancelled; the numbers below are updated.',
  paused: () => 'Paused. Tasks at the vendor are still collected.',
  resumed: () => 'Resumed.',
  'paused-all': () => 'Everything is paused. Tasks at the vendor are still collected.',
  'resumed-all': () => 'Resumed. Batches that were paused by name stay paused.',
  preferred: () => 'This batch now gets more turns than others.',
  'not-preferred': () => 'This batch gets as many turns as others again.',
  created: (n: string) => `${n} accepted.`,
  'create-runs': () => 'The list is being read; the numbers below are updated.',
  'given-up': (n: string) => `${n} given up. Nothing more is paid for.`,
  attaching: () =>
    'A worker now reads the record of this task. If it names this link, the link continues with it; the story below tells what came of it.',
  'looking-now': () => 'A worker checks it now.',
  'schedule-paused': () => 'The schedule is paused.',
  'schedule-resumed': () => 'The schedule is resumed.',
  'schedule-removed': () => 'The schedule is removed. Batches that it made stay.',
  'schedule-run': () => 'A worker runs the schedule now.',
  'schedule-saved': () => 'The schedule is saved.',
  several: () => 'Done for the chosen batches.',
  'several-refused': () =>
    'Done for the chosen batches, but not for those paused for a new price: resume each of them on its own page.',
  'several-runs': () => 'Under way for the chosen batches; the table is updated.',
  nothing: () => 'There was nothing to do.',
  'not-found': () => 'No link of any batch has this link, id or task id.',
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
