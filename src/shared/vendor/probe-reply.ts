/**
 * What the vendor's answer to the free probe of a model means: a create call with an input it refuses.
 * Pure; called by the vendor client for `doctor` and for the end of a `model-paused` halt.
 */
import { isInputExamined } from './code-rules.ts';
import { parseCreateReply } from './create-reply.ts';
import type { CreateReply, ProbeReply, RawReply } from './replies.ts';
import { readEnvelope } from './reply-body.ts';

/** Parses the answer to a probe. Never throws. */
export function parseProbeReply(raw: RawReply): ProbeReply {
  const envelope = readEnvelope(raw.bodyText);
  if (envelope !== null && isInputExamined(envelope.message)) return { kind: 'live' };
  return asProbeReply(parseCreateReply(raw));
}

/** What it would mean for a real create call. */
function asProbeReply(reply: CreateReply): ProbeReply {
  switch (reply.kind) {
    // The input was examined, so the model is on; accepting an empty one is odd, but "on" all the same.
    case 'reject':
    case 'accepted':
      return { kind: 'live' };
    case 'halt':
      return haltAsProbe(reply);
    case 'ambiguous':
      return { kind: 'retry', sent: true, message: reply.message };
    case 'throttled':
    case 'retry':
      return reply;
    default:
      return reply satisfies never;
  }
}

function haltAsProbe(reply: Extract<CreateReply, { kind: 'halt' }>): ProbeReply {
  const { reason, message } = reply;
  if (reason === 'model-paused') return { kind: 'paused', message };
  return reason === 'misconfigured' && /\bmodel\b/i.test(message)
    ? { kind: 'unknown-model', message }
    : reply;
}
