/**
 * The meaning of the vendor's answer to a query. Pure; called by the vendor client, and by tests with every case of
 * vendor-replies.json. Invariant: a task has succeeded only with at least one readable result URL, and an unknown state
 * counts as running.
 */
import { type RecordRule, recordRule, statusRule } from './code-rules.ts';
import { failRule } from './fail-rules.ts';
import { readRecordOrigin } from './record-origin.ts';
import { refusalReply } from './refusal-reply.ts';
import type { Failed, Pending, RawReply, RecordReply, Retry, Succeeded } from './replies.ts';
import {
  describeRaw,
  isHttpUrl,
  messageOf,
  opened,
  readEnvelope,
  readFields,
  readNumber,
  readText,
} from './reply-body.ts';

type Fields = Readonly<Record<string, unknown>>;

const RUNNING_STATES = new Set(['waiting', 'queuing', 'generating']);
const MAX_RESULTS = 100;

/** Parses the answer to a query. `resultPath` is the model's path to the result URLs in the record. Never throws. */
export function parseRecordReply(raw: RawReply, resultPath: readonly string[]): RecordReply {
  const envelope = readEnvelope(raw.bodyText);
  if (envelope === null) {
    const rule = statusRule(raw.httpStatus);
    // A 404 of a proxy says nothing of the task, and stopping everything for it would be rash.
    return refusal(raw.httpStatus === 404 ? { kind: 'retry', warn: true } : rule, describeRaw(raw), raw);
  }
  const code = envelope.code ?? raw.httpStatus;
  const record = readFields(envelope.data);
  const state = readText(record['state']).toLowerCase();
  // The vendor wraps the record of a failed task in code 501.
  if (state !== '' && (code === 200 || code === 501)) {
    const origin = readRecordOrigin(record);
    return { ...withState(state, record, resultPath), ...(origin === null ? {} : { origin }) };
  }
  return code === 200
    ? withoutState()
    : refusal(recordRule(code, envelope.message), messageOf(envelope, code), raw);
}

function refusal(rule: RecordRule, message: string, raw: RawReply): RecordReply {
  return rule.kind === 'unknown-task' ? { kind: 'unknown-task', message } : refusalReply(rule, message, raw);
}

function withoutState(): Retry {
  return { kind: 'retry', sent: true, warn: true, message: 'Code 200 without a task state' };
}

function withState(
  state: string,
  record: Fields,
  resultPath: readonly string[],
): Pending | Succeeded | Failed {
  if (state === 'success') return withSuccess(record, resultPath);
  if (state === 'fail') return withFailure(record);
  const credits = readCredits(record);
  return RUNNING_STATES.has(state)
    ? { kind: 'pending', state, credits }
    : { kind: 'pending', state, credits, warn: true };
}

function withSuccess(record: Fields, resultPath: readonly string[]): Succeeded | Pending {
  const urls = readUrls(record, resultPath);
  if (urls.length === 0) {
    return {
      kind: 'pending',
      state: 'success without a result',
      credits: readCredits(record),
      warn: true,
    };
  }
  return {
    kind: 'succeeded',
    urls,
    credits: readCredits(record),
    // `costTime` is milliseconds in one page and seconds in another; the two instants agree everywhere.
    createTimeMs: readInstantMs(record['createTime']),
    completeTimeMs: readInstantMs(record['completeTime']),
  };
}

function withFailure(record: Fields): Failed {
  const failCode = readText(record['failCode']);
  const failMsg = readText(record['failMsg']);
  return {
    kind: 'failed',
    ...failRule(failCode, failMsg),
    failCode,
    failMsg,
    credits: readCredits(record),
  };
}

function readUrls(record: Fields, resultPath: readonly string[]): string[] {
  let holder: Fields = record;
  for (const name of resultPath.slice(0, -1)) holder = readFields(opened(holder[name]));
  const urls = urlsOf(holder[resultPath.at(-1) ?? '']);
  // Frames with a result are also kept. Alone they are not a result: the video is still missing.
  if (urls.length > 0)
    return [...new Set([...urls, ...urlsOf([holder['firstFrameUrl'], holder['lastFrameUrl']])])];
  return urlsOf(Object.values(readFields(opened(holder['resultObject']))).flat());
}

function urlsOf(value: unknown): string[] {
  const list = opened(value);
  const candidates: unknown[] = Array.isArray(list) ? list.slice(0, MAX_RESULTS) : [list];
  return candidates.filter(isHttpUrl);
}

function readCredits(record: Fields): number | null {
  const credits = readNumber(record['creditsConsumed']);
  return (credits ?? 0) < 0 ? null : credits;
}

function readInstantMs(value: unknown): number | null {
  const instantMs = readNumber(value);
  return instantMs !== null && Number.isSafeInteger(instantMs) && instantMs > 0 ? instantMs : null;
}
