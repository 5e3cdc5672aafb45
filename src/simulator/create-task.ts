/**
 * POST createTask: judge the body, then the balance, then the limit, then what may go wrong, and only then
 * make the task. Calls refused before the limit use none of it, probes among them.
 */
import { htmlAnswer, jsonAnswer, type Reply, textAnswer, vendorAnswer } from './answer.ts';
import type { Callbacks } from './callbacks.ts';
import { creditsFor } from './charges.ts';
import type { FaultAt } from './faults.ts';
import { type Judgement, judgeCreate } from './models.ts';
import { rateLimitHeaders, refusalAnswer } from './refusal.ts';
import { isGoneUpload } from './uploads.ts';
import { faultAt, linkCounts, makeTask, type Vendor } from './vendor.ts';

type CreateFault = FaultAt<'create'>;
type Wanted = Extract<Judgement, { kind: 'wanted' }> & { readonly credits: number };
type FaultAfterMaking = keyof typeof answersAfterMaking | 'create-answer-lost' | 'create-slow';

const earlyCallbackMs = 1000;

const insteadOfATask: Readonly<Record<Exclude<CreateFault, FaultAfterMaking>, Reply>> = {
  'create-lost': 'reset',
  'create-500': vendorAnswer(500, 'Server exception, please try again later'),
  'create-http-500': vendorAnswer(500, 'internal error', null, 500),
  'create-408': vendorAnswer(408, 'Upstream No result for over 10 minutes'),
  'create-rejected': vendorAnswer(422, 'video_url is not accessible'),
  'create-bad-gateway': htmlAnswer(502),
  'create-html': htmlAnswer(200),
  'create-without-id': vendorAnswer(200, 'success'),
  'create-field-required': vendorAnswer(500, 'This field is required'),
  'create-out-of-range': vendorAnswer(500, 'upload_method is not within the range of allowed options'),
  'create-unknown-code': vendorAnswer(599, '?'),
};

/** The task is made, and its answer is unusual. */
const answersAfterMaking = {
  'create-older-words': (taskId: string) =>
    jsonAnswer({ code: 200, message: 'success', data: { task_id: taskId } }),
  'create-id-as-record': (recordId: string) => vendorAnswer(200, 'success', { recordId }),
  'create-id-as-data': (taskId: string) => vendorAnswer(200, 'success', taskId),
  'create-id-at-top': (taskId: string) => jsonAnswer({ code: 200, msg: 'success', taskId }),
  'create-id-hidden': (taskId: string) => vendorAnswer(200, 'success', { result: { task: taskId } }),
  'create-504': () => textAnswer(504, '<html><body><h1>504 Gateway Time-out</h1></body></html>', 'text/html'),
  'create-524': () => textAnswer(524, 'error code: 524'),
} as const;

export async function createTask(
  vendor: Vendor,
  callbacks: Callbacks,
  bodyText: string,
  origin: string,
): Promise<Reply> {
  const { settings, tally } = vendor;
  const judgement = judgeCreate(bodyText, settings);
  if (judgement.kind === 'refused') {
    if (judgement.probe) tally.probes += 1;
    return vendorAnswer(judgement.code, judgement.msg);
  }
  const credits = await creditsFor(vendor, judgement);
  const nowMs = vendor.clock.now();
  if (isGoneUpload(vendor, judgement.link, nowMs)) return vendorAnswer(422, 'video_url is not accessible');
  if (settings.condition === 'key-limit') return vendorAnswer(433, 'Sub-key usage exceeds limit');
  if (vendor.balance.left(nowMs) < credits) {
    return vendorAnswer(
      settings.creditsRefusalCode,
      "Credits insufficient : Your current balance isn't enough to run this request. Please top up to continue.",
    );
  }
  const verdict = vendor.admission.admit(nowMs, settings);
  if (!verdict.admitted) {
    tally.refused += 1;
    return refusalAnswer(verdict.retryAfterMs, nowMs, settings);
  }
  tally.admittedAtMs.push(nowMs);
  const reply = await admitted(vendor, callbacks, { ...judgement, credits }, origin);
  if (reply === 'reset') return reply;
  return { ...reply, headers: { ...reply.headers, ...rateLimitHeaders(verdict, settings) } };
}

async function admitted(
  vendor: Vendor,
  callbacks: Callbacks,
  wanted: Wanted,
  origin: string,
): Promise<Reply> {
  const counts = linkCounts(vendor, wanted.link);
  counts.admitted += 1;
  const fault = faultAt(vendor, 'create', wanted.link, counts.admitted);
  if (fault && isInsteadOfATask(fault)) return insteadOfATask[fault];
  const taskId = await make(vendor, callbacks, wanted, origin);
  if (fault === 'create-slow') await vendor.timers.wait(vendor.settings.slowAnswerMs);
  if (fault === 'create-answer-lost') return 'reset';
  return isUnusual(fault)
    ? answersAfterMaking[fault](taskId)
    : vendorAnswer(200, 'success', { taskId, recordId: taskId });
}

function isUnusual(fault: CreateFault | undefined): fault is keyof typeof answersAfterMaking {
  return fault !== undefined && fault in answersAfterMaking;
}

function isInsteadOfATask(fault: CreateFault): fault is keyof typeof insteadOfATask {
  return fault in insteadOfATask;
}

async function make(vendor: Vendor, callbacks: Callbacks, wanted: Wanted, origin: string): Promise<string> {
  const count = linkCounts(vendor, wanted.link).taskIds.length + 1;
  const callbackFault =
    wanted.callBackUrl === undefined ? undefined : faultAt(vendor, 'callback', wanted.link, count);
  const early = callbackFault === 'callback-early';
  const task = makeTask(vendor, { ...wanted, origin, atOnce: early });
  // The answer waits for the callback, but not for one that is never accepted.
  if (early) await Promise.race([callbacks.send(task, task.endsAtMs), vendor.timers.wait(earlyCallbackMs)]);
  else callbacks.schedule(task, callbackFault);
  return task.id;
}
