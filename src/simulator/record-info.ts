/**
 * GET recordInfo: the current record of a task, unless a fault occurs. Queries have no published limit; the option
 * queryLimit sets one per task.
 */
import { htmlAnswer, type Reply, vendorAnswer } from './answer.ts';
import type { FaultAt } from './faults.ts';
import { createLimiter, type Limiter } from './limiters.ts';
import type { Task } from './task.ts';
import { faultAt, recordAt, type Vendor } from './vendor.ts';

const unknownTask = vendorAnswer(422, 'recordInfo is null');

type FaultInTheRecord = 'record-unknown-state' | 'record-slow';

const insteadOfARecord: Readonly<Record<Exclude<FaultAt<'record'>, FaultInTheRecord>, Reply>> = {
  'record-500': vendorAnswer(500, 'error'),
  'record-http-500': vendorAnswer(500, 'internal error', null, 500),
  'record-bad-gateway': htmlAnswer(503),
  'record-html': htmlAnswer(200),
  'record-429': vendorAnswer(429, 'Rate limit exceeded'),
  'record-http-429': vendorAnswer(429, 'Rate limit exceeded', null, 429),
  'record-null': unknownTask,
  'record-not-found': vendorAnswer(404, 'Task not found'),
  'record-lost': 'reset',
};

/** Remembers nothing but the limits of queries. */
export function createRecordInfo(vendor: Vendor): (taskId: string | null) => Promise<Reply> {
  const limiters = new WeakMap<Task, Limiter>();

  function mayQuery(task: Task, nowMs: number): boolean {
    const { queryLimit } = vendor.settings;
    if (queryLimit === 'none') return true;
    const limiter = limiters.get(task) ?? createLimiter('sliding-window');
    limiters.set(task, limiter);
    return limiter.admit(nowMs, queryLimit).admitted;
  }

  return async (taskId) => {
    if (!taskId) return vendorAnswer(400, 'taskId is required');
    vendor.tally.queries += 1;
    const task = vendor.tasks.get(taskId);
    const nowMs = vendor.clock.now();
    if (!task || !isVisible(task, nowMs, vendor.settings.recordVisibleAfterMs)) return unknownTask;
    if (!mayQuery(task, nowMs)) return insteadOfARecord['record-429'];
    task.queries += 1;
    return answerQuery(vendor, task);
  };
}

function isVisible(task: Task, nowMs: number, visibleAfterMs: number): boolean {
  return task.fault !== 'task-forgotten' && nowMs >= task.createdAtMs + visibleAfterMs;
}

async function answerQuery(vendor: Vendor, task: Task): Promise<Reply> {
  const fault = faultAt(vendor, 'record', task.link, task.queries);
  if (fault && isInsteadOfARecord(fault)) return insteadOfARecord[fault];
  if (fault === 'record-slow') await vendor.timers.wait(vendor.settings.slowAnswerMs);
  const record = recordAt(vendor, task, vendor.clock.now());
  if (fault !== 'record-unknown-state') return vendorAnswer(200, 'success', record);
  return vendorAnswer(200, 'success', { ...record, state: 'archiving', resultJson: null });
}

function isInsteadOfARecord(fault: FaultAt<'record'>): fault is keyof typeof insteadOfARecord {
  return fault in insteadOfARecord;
}
