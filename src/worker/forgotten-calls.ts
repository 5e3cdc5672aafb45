/**
 * After a restart of Redis: tells it of the create calls of this process that it may have forgotten, as its last second
 * can be lost with them. A task's id is recorded again; a call that is open, or whose answer was lost, is put on record
 * again as under way, so that nobody takes its link for unpaid. No worker begins a create call before all have done so
 * (presence, settle-run.lua and transition.lua see to that).
 */
import { recordFoundTask } from '../shared/ledger/found-task.ts';
import { redisRunPolicy } from '../shared/policy.ts';
import type { RecentCall } from './recent-calls.ts';
import type { WorkerContext } from './worker-context.ts';

type Deps = Pick<WorkerContext, 'recent' | 'ledger' | 'queues' | 'logger' | 'workerId'>;

export async function recordForgottenCalls(deps: Deps): Promise<void> {
  const calls = deps.recent.since(redisRunPolicy.lookBackMs);
  const recorded = await Promise.all(calls.map(([itemId, call]) => recordAgain(itemId, call, deps)));
  const count = recorded.filter(Boolean).length;
  if (count > 0) deps.logger.warn({ count }, 'Redis has lost create calls: they are recorded again');
}

/** @returns whether Redis had forgotten it */
async function recordAgain(itemId: string, call: RecentCall, deps: Deps): Promise<boolean> {
  const { ledger, queues, workerId } = deps;
  const { taskId, attempts, possiblyPaidTwice, price } = call;
  const item = await ledger.item(itemId);
  if (item === null) return false;
  if (taskId !== null) {
    if (item.taskIds.includes(taskId)) return false;
    const recorded = await recordFoundTask(ledger, itemId, { taskId, attempt: attempts + 1, by: 'answer' });
    if (recorded === 'taken') await queues.add('status-check', itemId);
    if (recorded === 'beside') await queues.addBeside(itemId, taskId);
    return true;
  }
  // Without this the call would have been counted if it had been given up since.
  const isForgotten =
    item.state === 'queued' && item.attempts === attempts && item.possiblyPaidTwice === possiblyPaidTwice;
  if (!isForgotten) return false;
  const { moved } = await ledger.move(
    'beginSubmit',
    itemId,
    {
      renewsCall: true,
      reserveCredits: price,
      stamp: ['submittedAt'],
      submitter: workerId,
    },
    { expect: { attempts } },
  );
  return moved;
}
