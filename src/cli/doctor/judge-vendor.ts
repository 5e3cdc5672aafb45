/** The verdicts of `doctor` on what the vendor says of the key, the credits and the models. Pure. */
import { estimateCredits } from '../../shared/models/estimate.ts';
import type { ModelDefinition } from '../../shared/models/model-definition.ts';
import { keyPageUrl } from '../../shared/vendor/facts.ts';
import { adviceFor } from '../../shared/vendor/halt-advice.ts';
import type { CreditsReply, ProbeReply } from '../../shared/vendor/replies.ts';
import { type Check, failed, ok, skipped, warning } from './check.ts';

export interface CreditFacts {
  readonly waitingLinks: number;
  readonly creditsPerTask: number;
}

export function judgeCredits(reply: CreditsReply, facts: CreditFacts): Check[] {
  switch (reply.kind) {
    case 'credits':
      return [ok('key', 'the vendor knows the key'), judgeBalance(reply.credits, facts)];
    case 'halt':
      return [judgeAccount(reply.reason, reply.message)];
    case 'throttled':
      return [warning('key', 'the vendor is too busy to answer', 'try again in a minute')];
    case 'retry':
      return [
        failed('key', `the vendor gave no answer: ${reply.message}`, 'check KIE_BASE_URL and the network'),
      ];
    default:
      return reply satisfies never;
  }
}

function judgeBalance(credits: number, { waitingLinks, creditsPerTask }: CreditFacts): Check {
  const links = Math.max(1, waitingLinks);
  const estimate = estimateCredits({ links, creditsPerTask, balance: credits });
  if (estimate.enough) return ok('credits', estimate.text);
  const next = 'top up the account; links wait until then, and none fails';
  return estimate.affordableLinks === 0
    ? failed('credits', estimate.text, next)
    : warning('credits', estimate.text, next);
}

function judgeAccount(reason: string, message: string): Check {
  switch (reason) {
    case 'unauthorized':
      return failed(
        'key',
        `the vendor refuses the key: ${message}`,
        `create a key at ${keyPageUrl} and set KIE_API_KEY`,
      );
    case 'misconfigured':
      return failed('key', `the API was not found: ${message}`, 'check KIE_BASE_URL');
    default:
      return failed(
        'key',
        `the account is stopped (${reason}): ${message}`,
        'check the account at the vendor',
      );
  }
}

export function judgeModel({ id }: Pick<ModelDefinition, 'id'>, reply: ProbeReply): Check {
  const name = `model ${id}`;
  switch (reply.kind) {
    case 'live':
      return ok(name, 'is on');
    case 'paused':
      return failed(
        name,
        `the vendor has switched it off: ${reply.message}`,
        adviceFor({ reason: 'model-paused', model: id }),
      );
    case 'unknown-model':
      return failed(name, `the vendor does not know it: ${reply.message}`, 'check --model or the model file');
    case 'no-probe':
      return skipped(name, 'has no free probe');
    case 'throttled':
      return warning(name, 'the vendor is too busy to answer', 'try again in a minute');
    case 'halt':
      return failed(name, `${reply.reason}: ${reply.message}`, 'check the account at the vendor');
    case 'retry':
      return warning(name, `no clear answer: ${reply.message}`, 'try again in a minute');
    default:
      return reply satisfies never;
  }
}

export interface CallbackFacts {
  readonly baseUrl: string;
  readonly hasWebhookKey: boolean;
  /** HTTP status of its answer to this machine, or why there was none. */
  readonly answer: number | string;
  readonly isPrivate: boolean;
}

export function judgeCallback({ baseUrl, hasWebhookKey, answer, isPrivate }: CallbackFacts): Check[] {
  const signature = hasWebhookKey
    ? ok('callback signature', 'callbacks must be signed')
    : warning(
        'callback signature',
        'callbacks are accepted without a signature',
        'create a webhook key at the vendor and set KIE_WEBHOOK_KEY',
      );
  return [judgeReach(baseUrl, answer, isPrivate), signature];
}

function judgeReach(baseUrl: string, answer: number | string, isPrivate: boolean): Check {
  const name = 'callback address';
  if (isPrivate)
    return failed(name, `${baseUrl} is a private address`, 'use an address that the vendor can reach');
  if (typeof answer === 'string')
    return failed(
      name,
      `${baseUrl} does not answer: ${answer}`,
      'start kie-batch serve there, or fix the route to it',
    );
  if (answer >= 500)
    return failed(name, `${baseUrl} answers HTTP ${answer}`, 'check the proxy in front of kie-batch serve');
  return ok(
    name,
    `${baseUrl} answers this machine (whether the vendor reaches it cannot be tested from here)`,
  );
}
