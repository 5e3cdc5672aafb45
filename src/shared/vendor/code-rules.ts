/**
 * The vendor's codes and texts, and what each leads to: the one place to add what somebody saw. The
 * body's code rules where there is one; the HTTP status only speaks for bodies without. A code without
 * a row is a bounded retry with a warning, never success.
 */
import type { VendorHaltReason } from './replies.ts';

/** What a refusal leads to, before it is dressed as a reply. */
export type Rule =
  | { outcome: 'throttled' }
  | { outcome: 'halt'; reason: VendorHaltReason }
  | { outcome: 'reject' }
  | { outcome: 'unknown-task' }
  | { outcome: 'retry'; warn?: true };

const THROTTLED: Rule = { outcome: 'throttled' };
const REJECT: Rule = { outcome: 'reject' };
const RETRY: Rule = { outcome: 'retry' };
const UNKNOWN_TASK: Rule = { outcome: 'unknown-task' };
const UNKNOWN: Rule = { outcome: 'retry', warn: true };
const halt = (reason: VendorHaltReason): Rule => ({ outcome: 'halt', reason });

/** Codes other than 200 that the vendor documents or was seen to send. */
export type RefusalCode = 400 | 401 | 402 | 404 | 408 | 422 | 429 | 433 | 455 | 500 | 501 | 505;

const ACCOUNT_RULES = {
  401: halt('unauthorized'),
  402: halt('no-credits'),
  429: THROTTLED,
  433: halt('key-limit'),
  455: halt('maintenance'),
} as const;

const CREATE_RULES = {
  ...ACCOUNT_RULES,
  // Documented as malformed: the request was read and refused, so trying it again changes nothing.
  400: REJECT,
  404: halt('misconfigured'),
  408: RETRY,
  422: REJECT,
  500: RETRY,
  501: RETRY,
  505: halt('model-paused'),
} satisfies Record<RefusalCode, Rule>;

const RECORD_RULES = {
  ...ACCOUNT_RULES,
  400: UNKNOWN,
  // An address that does not exist says nothing of the task: taken for lost, each would be paid again.
  404: UNKNOWN,
  408: RETRY,
  422: UNKNOWN,
  500: RETRY,
  501: RETRY,
  // A model that is switched off stops new tasks; the paid ones are still looked after.
  505: RETRY,
} satisfies Record<RefusalCode, Rule>;

const CREDITS_RULES = { ...RECORD_RULES, 404: halt('misconfigured') } satisfies Record<RefusalCode, Rule>;

/** Without a body that speaks for the vendor, only these statuses are believed to come from it. */
const STATUS_RULES: Readonly<Record<number, Rule>> = {
  ...ACCOUNT_RULES,
  // An address on our side that does not exist, not a task.
  404: halt('misconfigured'),
};

interface TextRule {
  /** Unset: whatever the code, since the text can mean nothing else. */
  codes?: readonly number[];
  text: RegExp;
  rule: Rule;
}

/** The vendor's codes have been seen to change under the same words: what these say fails no link. */
const FREQUENCY: TextRule = { text: /call frequency is too high/i, rule: THROTTLED };

const CREATE_TEXTS: readonly TextRule[] = [
  FREQUENCY,
  // Seen once as 500 with the text of 402.
  { text: /credits insufficient|insufficient credits|balance isn.?t enough/i, rule: halt('no-credits') },
  // Seen as 500 for every sora slug between June and August 2026.
  { text: /interface is temporarily paused/i, rule: halt('model-paused') },
  // Seen by public clients that probe with an empty input: a bad request in the dress of a server error.
  { codes: [500], text: /\bis required\b/i, rule: REJECT },
  // Documented; the name comes from our model definition, so no link is at fault.
  { text: /model name you specified is not supported/i, rule: halt('misconfigured') },
];

const RECORD_TEXTS: readonly TextRule[] = [
  FREQUENCY,
  // Seen right after a create, and for ids nobody knows.
  { codes: [422], text: /recordInfo is null/i, rule: UNKNOWN_TASK },
  { codes: [404], text: /\b(?:task|record)/i, rule: UNKNOWN_TASK },
];

/** The rule for a refused create call with this code and message. */
export function createRule(code: number, message: string): Rule {
  return byText(CREATE_TEXTS, code, message) ?? byCode(CREATE_RULES, code);
}

/** The rule for a refused query with this code and message. */
export function recordRule(code: number, message: string): Rule {
  return byText(RECORD_TEXTS, code, message) ?? byCode(RECORD_RULES, code);
}

/** The rule for a refused balance query with this code. */
export function creditsRule(code: number): Rule {
  return byCode(CREDITS_RULES, code);
}

/** The rule for a reply whose body says nothing: a proxy's page, or a bare status. */
export function statusRule(httpStatus: number): Rule {
  return byCode(STATUS_RULES, httpStatus, RETRY);
}

function byText(rules: readonly TextRule[], code: number, message: string): Rule | undefined {
  return rules.find(({ codes, text }) => (codes?.includes(code) ?? true) && text.test(message))?.rule;
}

function byCode(rules: Readonly<Record<number, Rule>>, code: number, otherwise: Rule = UNKNOWN): Rule {
  // Redirects are never followed, since the key would go along: the base URL is not the vendor's.
  if (code >= 300 && code < 400) return halt('misconfigured');
  return Object.hasOwn(rules, code) ? (rules[code] ?? otherwise) : otherwise;
}

/** What a task's own `failCode` leads to. */
export interface FailRule {
  resubmit: boolean;
  graceMs?: number;
  warn?: true;
}

const FAIL_RULES: Readonly<Record<string, FailRule>> = {
  '400': { resubmit: false },
  '408': { resubmit: true },
  '422': { resubmit: false },
  // "internal error, please try again later."
  '500': { resubmit: true },
  // Generation failed: the vendor's last word on this video.
  '501': { resubmit: false },
  // "generate task timeout": seen to turn into success about a minute later.
  '524': { resubmit: true, graceMs: 120_000 },
};

/** The rule for a failed task. An unknown 5xx is worth a bounded repetition, since failures are not billed. */
export function failRule(failCode: string): FailRule {
  const known = Object.hasOwn(FAIL_RULES, failCode) ? FAIL_RULES[failCode] : undefined;
  return known ?? { resubmit: /^5\d\d$/.test(failCode), warn: true };
}
