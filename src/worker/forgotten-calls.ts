/**
 * After a restart of Redis: records the create calls again that Redis may have lost with its last second. These are the
 * calls of this process, and those in DATA_DIR of workers that may have ended. Received task ids are recorded. A call
 * that is open, or whose answer was lost, is recorded as open again, so that its link does not count as unpaid. No
 * worker begins a create call until all have done this (presence, settle-run.lua and transition.lua).
 */
import { recordFoundTask } from '../shared/ledger/found-task.ts';
import { redisRunPolicy } from '../shared/policy.ts';
import { readJournals } from './call-journal.ts';
import type { RecentCall } from './recent-calls.ts';
import type { WorkerContext } from './worker-context.ts';

type Deps = Pick<WorkerContext, 'ledger' | 'queues' | 'logger'>;

export async function recordForgottenCalls(
  deps: Deps & Pick<WorkerContext, 'recent' | 'workerId'>,
): Promise<void> {
  const calls = deps.recent.since(redisRunPolicy.lookBackMs);
  await recordAll(
    calls.map(([itemId, call]) => ({ ...call, itemId, submitter: deps.workerId })),
    deps,
  );
}

/**
 * @param run of Redis at present: what was recorded in it is not lost. '' if unknown
 * @param isStarting this worker runs no job yet, so the other workers have probably ended
 */
export async function recordCallsOfOthers(
  run: string,
  deps: Deps & Pick<WorkerContext, 'dataDir' | 'prefix'>,
  isStarting = false,
): Promise<void> {
  if (run === '') return;
  const journals = await readJournals(deps);
  const calls = journals.flatMap(({ workerId, calls: made }) =>
    made
      .filter((call) => call.run !== run && call.run !== '')
      .map((call) => ({ ...call, submitter: workerId, hasEnded: isStarting })),
  );
  await recordAll(calls, deps);
}

type MadeCall = RecentCall & {
  readonly itemId: string;
  readonly submitter: string;
  /** Its worker is likely to have ended. */
  readonly hasEnded?: boolean;
};

async function recordAll(calls: readonly MadeCall[], deps: Deps): Promise<void> {
  const recorded = await Promise.all(calls.map((call) => recordAgain(call, deps)));
  const count = recorded.filter(Boolean).length;
  if (count > 0) deps.logger.warn({ count }, 'Redis has lost create calls; recording them again');
}

/** @returns whether Redis had forgotten it */
async function recordAgain(call: MadeCall, { ledger, queues }: Deps): Promise<boolean> {
  const { itemId, taskId, attempts, possiblyPaidTwice, price, submitter, hasEnded = false } = call;
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
      submitter,
    },
    { expect: { attempts } },
  );
  // The worker of an open call has a job for it as long as it lives.
  if (moved && hasEnded) await queues.add('submit', itemId);
  return moved;
}
