/**
 * What the vendor's answer to a create call means. Pure; called by the vendor client, and by tests with
 * every case of vendor-replies.json. Invariant: only a body with a task id is accepted, and whatever may
 * hide one (cut off, unreadable, beside an error) is ambiguous, because repeating it could pay twice.
 */
import { readServerHints } from '../outgoing/server-hints.ts';
import { createRule, type Rule, statusRule } from './code-rules.ts';
import { refusalReply } from './refusal-reply.ts';
import type { CreateReply, RawReply } from './replies.ts';
import { describeRaw, messageOf, readEnvelope, readTaskId } from './reply-body.ts';

/** Reads the answer to a create call. Never throws, whatever came. */
export function parseCreateReply(raw: RawReply): CreateReply {
  const envelope = readEnvelope(raw.bodyText);
  if (envelope === null) return withoutEnvelope(raw);
  const code = envelope.code ?? raw.httpStatus;
  const taskId = readTaskId(envelope.data);
  if (code === 200) return withCode200(raw, taskId);
  const reply = withRefusal(createRule(code, envelope.message), messageOf(envelope, code), raw);
  return reply.outcome === 'retry' && taskId !== undefined
    ? { outcome: 'ambiguous', message: `A task id came with an error: ${reply.message}` }
    : reply;
}

function withCode200(raw: RawReply, taskId: string | null | undefined): CreateReply {
  if (taskId === undefined) {
    return { outcome: 'retry', sent: true, warn: true, message: 'Code 200 without a task id' };
  }
  if (taskId === null)
    return { outcome: 'ambiguous', message: 'Code 200 with a task id that cannot be used' };
  return { outcome: 'accepted', taskId, hints: readServerHints(raw.headers, raw.receivedAtMs) };
}

function withoutEnvelope(raw: RawReply): CreateReply {
  if (raw.httpStatus === 200 && mayHideATask(raw)) {
    return { outcome: 'ambiguous', message: `The answer was cut off or garbled. ${describeRaw(raw)}` };
  }
  return withRefusal(statusRule(raw.httpStatus), describeRaw(raw), raw);
}

/** A proxy's page created no task; nothing at all, a cut body, or JSON that broke on the way, may hide one. */
function mayHideATask({ bodyText, complete }: RawReply): boolean {
  const start = bodyText.replace(/^\uFEFF/, '').trimStart();
  return start === '' || start.startsWith('{') || (complete === false && !start.startsWith('<'));
}

function withRefusal(rule: Rule, message: string, raw: RawReply): CreateReply {
  switch (rule.outcome) {
    case 'throttled':
    case 'halt':
    case 'retry':
      return refusalReply(rule, message, raw);
    case 'reject':
      return { outcome: 'reject', reason: 'rejected', message };
    case 'unknown-task':
      return { outcome: 'retry', sent: true, warn: true, message };
    default:
      return rule satisfies never;
  }
}
