/**
 * Callbacks: the record of an ended task, POSTed to the address the task was made with, signed when the
 * account has a webhook key, tried again while it is not answered with HTTP 200. Callbacks can be lost,
 * doubled, late or early on purpose. Nothing here changes a task.
 */
import { Agent, request } from 'undici';
import type { FaultAt } from './faults.ts';
import type { VendorRecord } from './record.ts';
import { signCallback } from './signature.ts';
import { endsOf, type Task } from './task.ts';
import { recordAt, sampleFor, type Vendor } from './vendor.ts';

export interface Callbacks {
  /** Sends the callbacks of the task at its end, if it has a callback address. */
  schedule(task: Task, fault: FaultAt<'callback'> | undefined): void;
  /** Sends one callback now, with all its attempts, with the task's state at `atMs`. */
  send(task: Task, atMs: number): Promise<void>;
  close(): Promise<void>;
}

export function createCallbacks(vendor: Vendor): Callbacks {
  const agent = new Agent();

  async function send(task: Task, atMs: number): Promise<void> {
    const { callbackTries, callbackRetryMs } = vendor.settings;
    for (let sent = 1; sent <= callbackTries; sent += 1) {
      if (await tryOnce(vendor, task, atMs, agent)) return;
      if (sent < callbackTries) await vendor.timers.wait(callbackRetryMs);
    }
    vendor.tally.callbacks.undelivered += 1;
  }

  function schedule(task: Task, fault: FaultAt<'callback'> | undefined): void {
    if (task.callBackUrl === undefined) return;
    const times = fault === 'callback-lost' ? 0 : fault === 'callback-double' ? 2 : 1;
    for (const endsAtMs of endsOf(task)) {
      const delayMs = sampleFor(vendor, vendor.settings.callbackDelay, 'callback', task.link);
      for (let copy = 0; copy < times; copy += 1) {
        // A timer may fire a fraction of a millisecond early; a query must agree with the callback.
        vendor.timers.after(endsAtMs + delayMs - vendor.clock.now() + 1, () => void send(task, endsAtMs));
      }
    }
  }

  return { schedule, send, close: () => agent.destroy() };
}

/** Whether the callback was answered with HTTP 200 in time. */
async function tryOnce(vendor: Vendor, task: Task, atMs: number, agent: Agent): Promise<boolean> {
  const { settings, tally, clock } = vendor;
  const record = recordAt(vendor, task, atMs);
  const signature = settings.webhookKey ? signCallback(task.id, clock.now(), settings.webhookKey) : {};
  tally.callbacks.tries += 1;
  try {
    const { statusCode, body } = await request(String(task.callBackUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...signature },
      body: JSON.stringify(callbackBody(record, settings.callbackIdAt)),
      dispatcher: agent,
      headersTimeout: settings.callbackTimeoutMs,
      bodyTimeout: settings.callbackTimeoutMs,
    });
    await body.dump();
    if (statusCode === 200) tally.callbacks.delivered += 1;
    return statusCode === 200;
  } catch {
    return false;
  }
}

export function callbackBody(
  { taskId, ...record }: VendorRecord,
  idAt: 'data.taskId' | 'data.task_id' | 'taskId',
): Record<string, unknown> {
  const failed = record.state === 'fail';
  const told = failed ? { state: record.state, failCode: record.failCode, failMsg: record.failMsg } : record;
  const inData = idAt === 'data.taskId' ? { taskId } : idAt === 'data.task_id' ? { task_id: taskId } : {};
  return {
    code: failed ? 501 : 200,
    msg: failed ? 'Playground task failed.' : 'Playground task completed successfully.',
    ...(idAt === 'taskId' ? { taskId } : {}),
    data: { ...inData, ...told },
  };
}
