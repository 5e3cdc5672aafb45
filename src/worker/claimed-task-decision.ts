/**
 * Whether a task that only a callback has named is the item's. Pure. The record decides: it names the callback address
 * that the task was made with, or the link with its inputs. A record that names neither proves nothing: a wrong video
 * would be worse than a second payment. A claim that turns out untrue changes nothing of the item.
 */
import type { CallbackOrigin } from '../shared/callbacks/callback-tokens.ts';
import type { Item } from '../shared/ledger/item.ts';
import { buildInput, vendorModelName } from '../shared/models/build-input.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { claimPolicy } from '../shared/policy.ts';
import type { RecordOrigin } from '../shared/vendor/record-origin.ts';
import type { RecordReply } from '../shared/vendor/replies.ts';
import { backoffMs } from './backoff.ts';
import type { Step } from './step.ts';

export interface ClaimedTask {
  readonly item: Item;
  readonly model: ModelDefinition;
  readonly taskId: string;
  /** The create call whose callback address was used. */
  readonly attempt: number;
  /** The create call of ours whose address the record names; null when it names none. */
  readonly madeFor: CallbackOrigin | null;
  /** Earlier polls without a result. */
  readonly tries: number;
}

export function afterClaimPoll(claim: ClaimedTask, reply: RecordReply, random: number): Step {
  switch (reply.kind) {
    case 'pending':
    case 'succeeded':
    case 'failed':
      return afterRecord(claim, reply.origin ?? null, random);
    case 'unknown-task':
      return pollAgain(claim, claimPolicy.mostTriesUnclear, random, 'the vendor does not know it');
    case 'throttled':
    case 'halt':
      return { kind: 'poll-secondary-again', delayMs: claimPolicy.haltedMs, tries: claim.tries };
    case 'retry':
      return pollAgain(claim, claimPolicy.mostTries, random, reply.message);
    default:
      return reply satisfies never;
  }
}

function afterRecord(claim: ClaimedTask, origin: RecordOrigin | null, random: number): Step {
  const { item, taskId, madeFor } = claim;
  const attempt = madeFor?.attempt ?? claim.attempt;
  if (origin === null)
    return pollAgain(claim, claimPolicy.mostTriesUnclear, random, 'its record names no link');
  const isOurs = madeFor === null ? isMadeOf(claim, origin) : madeFor.id === item.id;
  return isOurs
    ? { kind: 'adopt-task', taskId, attempt }
    : { kind: 'refuse-task', taskId, message: 'its record names another link' };
}

/** The same video may be given with several models and inputs: each is an item. */
function isMadeOf({ item, model }: ClaimedTask, origin: RecordOrigin): boolean {
  const url = item.upload?.url ?? item.url;
  if (!origin.links.includes(url)) return false;
  if (origin.model !== null && origin.model !== vendorModelName(model)) return false;
  const sent = buildInput(model, url, item.inputs);
  return Object.keys(model.inputs).every((name) => {
    const [own, recorded] = [textOf(sent[name]), textOf(origin.input[name])];
    // A default that is missing in the record proves nothing.
    return own === recorded || (recorded === '' && !(name in item.inputs));
  });
}

/** The vendor was seen to write the same value as a number and as a text. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function pollAgain({ taskId, tries }: ClaimedTask, most: number, random: number, message: string): Step {
  if (tries + 1 >= most) return { kind: 'refuse-task', taskId, message };
  return {
    kind: 'poll-secondary-again',
    delayMs: backoffMs(claimPolicy.backoff, tries + 1, random),
    tries: tries + 1,
  };
}
