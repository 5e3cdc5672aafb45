/**
 * Whether a task that only a callback has named is the item's. Pure. The record decides: it names the callback address
 * that the task was made with, and the link. A claim that turns out untrue changes nothing of the item.
 */
import type { CallbackOrigin } from '../shared/callbacks/callback-tokens.ts';
import type { Item } from '../shared/ledger/item.ts';
import type { RecordOrigin } from '../shared/vendor/record-origin.ts';
import type { RecordReply } from '../shared/vendor/replies.ts';
import { type Backoff, backoffMs } from './backoff.ts';
import type { Step } from './step.ts';

export interface ClaimedTask {
  readonly item: Item;
  readonly taskId: string;
  /** The create call whose address the callback came to. */
  readonly attempt: number;
  /** The create call of ours whose address the record names; null when it names none. */
  readonly madeFor: CallbackOrigin | null;
  /** No other item has a create call that may have made the task. */
  readonly isOnlyCandidate: boolean;
  /** Looks so far that did not tell. */
  readonly tries: number;
}

const backoff: Backoff = { firstMs: 1000, mostMs: 60_000 };
/** A record that is behind its callback appears within some two minutes. */
const mostTriesUnclear = 8;
/** About half an hour. */
const mostTries = 35;

export function afterClaimLook(claim: ClaimedTask, reply: RecordReply, random: number): Step {
  switch (reply.outcome) {
    case 'pending':
    case 'succeeded':
    case 'failed':
      return afterRecord(claim, reply.origin ?? null, random);
    case 'unknown-task':
      return lookAgain(claim, mostTriesUnclear, random, 'the vendor does not know it');
    case 'throttled':
    case 'halt':
    case 'retry':
      return lookAgain(claim, mostTries, random, reply.message);
    default:
      return reply satisfies never;
  }
}

function afterRecord(claim: ClaimedTask, origin: RecordOrigin | null, random: number): Step {
  const { item, taskId, madeFor, isOnlyCandidate } = claim;
  const attempt = madeFor?.attempt ?? claim.attempt;
  const adopt: Step = { do: 'adopt-task', taskId, attempt };
  if (origin === null) {
    // Where others may have made it, a wrong video would be worse than a second payment.
    return isOnlyCandidate ? adopt : lookAgain(claim, mostTriesUnclear, random, 'its record names no link');
  }
  const isOurs = madeFor === null ? origin.links.includes(item.url) : madeFor.id === item.id;
  return isOurs ? adopt : { do: 'refuse-task', taskId, message: 'its record names another link' };
}

function lookAgain({ taskId, tries }: ClaimedTask, most: number, random: number, message: string): Step {
  if (tries + 1 >= most) return { do: 'refuse-task', taskId, message };
  return { do: 'look-beside-again', delayMs: backoffMs(backoff, tries + 1, random), tries: tries + 1 };
}
