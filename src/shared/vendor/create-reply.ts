/**
 * What the vendor's answer to a create call means. Pure; called by the vendor client, and by tests with
 * every case of vendor-replies.json. Invariant: only a body with a task id is accepted, and any answer after
 * which the vendor may have made a task (cut off, unreadable, a success without an id, a server in front that
 * gave up waiting) is ambiguous, because repeating it could pay twice.
 */
import { readServerHints } from '../outgoing/server-hints.ts';
import { type CreateRule, createRule, createStatusRule } from './code-rules.ts';
import { refusalReply } from './refusal-reply.ts';
import type { CreateReply, RawReply } from './replies.ts';
import { describeRaw, messageOf, readEnvelope, readTaskId } from './reply-body.ts';

/** Parses the answer to a create call. Never throws. */
export function parseCreateReply(raw: RawReply): CreateReply {
  const envelope = readEnvelope(raw.bodyText);
  if (envelope === null) return withoutEnvelope(raw);
  const code = envelope.code ?? raw.httpStatus;
  const taskId = readTaskId(envelope);
  const message = messageOf(envelope, code);
  if (isSuccess(code)) return withId(taskId, `${message}, without a task id`, raw);
  const reply = withRefusal(createRule(code, envelope.message), message, raw);
  const mayBeMade = reply.kind === 'retry' || reply.kind === 'ambiguous';
  // A received id is used, whatever comes with it: its record will show what it is.
  return mayBeMade && taskId !== undefined
    ? withId(taskId, `A task id came with an error: ${message}`, raw)
    : reply;
}

function withId(taskId: string | null | undefined, message: string, raw: RawReply): CreateReply {
  if (typeof taskId !== 'string') return { kind: 'ambiguous', message };
  return { kind: 'accepted', taskId, hints: readServerHints(raw.headers, raw.receivedAtMs) };
}

function isSuccess(code: number): boolean {
  return code >= 200 && code < 300;
}

function withoutEnvelope(raw: RawReply): CreateReply {
  if (isSuccess(raw.httpStatus) && !isPage(raw)) {
    return { kind: 'ambiguous', message: `The answer was cut off or unreadable. ${describeRaw(raw)}` };
  }
  return withRefusal(createStatusRule(raw.httpStatus), describeRaw(raw), raw);
}

/** A page of the front server: with a status of success it replaces the vendor's answer, and no task was created. */
function isPage({ bodyText }: RawReply): boolean {
  return bodyText
    .replace(/^\uFEFF/, '')
    .trimStart()
    .startsWith('<');
}

function withRefusal(rule: CreateRule, message: string, raw: RawReply): CreateReply {
  if (rule.kind === 'reject') return { kind: 'reject', reason: 'rejected', message };
  return rule.kind === 'ambiguous' ? { kind: 'ambiguous', message } : refusalReply(rule, message, raw);
}
