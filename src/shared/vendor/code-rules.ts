/**
 * The vendor's codes and texts, and the outcome of each: the only place to add new ones. The body's code decides if
 * there is one; the HTTP status only counts without a body. A code without a row is a bounded retry with a warning,
 * never success. A create call after which the vendor may have created a task is `ambiguous`. fail-rules.ts has the
 * codes and texts of failed tasks.
 */
import { TIMED_OUT } from './fail-rules.ts';
import type { VendorHaltReason } from './replies.ts';

/** What a refusal of any call may lead to, before it is dressed as a reply. */
export type RefusalRule =
  | { kind: 'throttled' }
  | { kind: 'halt'; reason: VendorHaltReason }
  | { kind: 'retry'; warn?: true };
export type CreateRule = RefusalRule | { kind: 'reject' } | { kind: 'ambiguous' };
export type RecordRule = RefusalRule | { kind: 'unknown-task' };

const THROTTLED: RefusalRule = { kind: 'throttled' };
const REJECT: CreateRule = { kind: 'reject' };
const RETRY: RefusalRule = { kind: 'retry' };
const UNKNOWN_TASK: RecordRule = { kind: 'unknown-task' };
const AMBIGUOUS: CreateRule = { kind: 'ambiguous' };
const UNKNOWN: RefusalRule = { kind: 'retry', warn: true };
const halt = (reason: VendorHaltReason): RefusalRule => ({ kind: 'halt', reason });

/** Codes other than 200 that the vendor documents or was seen to send. */
type RefusalCode = 400 | 401 | 402 | 403 | 404 | 408 | 422 | 429 | 430 | 433 | 455 | 500 | 501 | 505;

/** Believed of a bare HTTP status as well. */
const STATUS_ACCOUNT_RULES = {
  401: halt('unauthorized'),
  402: halt('no-credits'),
  429: THROTTLED,
  433: halt('key-limit'),
  455: halt('maintenance'),
} as const;

const ACCOUNT_RULES = {
  ...STATUS_ACCOUNT_RULES,
  // Keys can have a list of allowed addresses. A bare 403 may be an edge page, so it is no row above.
  403: halt('unauthorized'),
  // Documented on pages of sibling APIs; there 429 means missing credits, which its text says.
  430: THROTTLED,
} as const;

/**
 * The front server has the request and gave up waiting for the one behind it: 504 and 524 by definition; 520 means an
 * empty or broken response; 522 also a request that was sent and not acknowledged; 527 is an older form. Not included:
 * 502, 503, 521, 523, 525, 526 and 530, which mean that no server behind accepted the request.
 */
const GAVE_UP_WAITING = { 504: AMBIGUOUS, 520: AMBIGUOUS, 522: AMBIGUOUS, 524: AMBIGUOUS, 527: AMBIGUOUS };

const CREATE_RULES = {
  ...ACCOUNT_RULES,
  ...GAVE_UP_WAITING,
  // Documented as malformed: the request was read and refused, so trying it again changes nothing.
  400: REJECT,
  404: halt('misconfigured'),
  408: RETRY,
  422: REJECT,
  500: RETRY,
  501: RETRY,
  505: halt('model-paused'),
} satisfies Record<RefusalCode, CreateRule>;

const RECORD_RULES = {
  ...ACCOUNT_RULES,
  400: UNKNOWN,
  // A missing address says nothing about the task: if it counted as lost, each task would be paid again.
  404: UNKNOWN,
  408: RETRY,
  422: UNKNOWN,
  500: RETRY,
  501: RETRY,
  // A model that is switched off stops new tasks; paid ones are still collected.
  505: RETRY,
} satisfies Record<RefusalCode, RefusalRule>;

const CREDITS_RULES = { ...RECORD_RULES, 404: halt('misconfigured') } satisfies Record<
  RefusalCode,
  RefusalRule
>;

/** Without a body of the vendor, only these statuses are attributed to it. */
const STATUS_RULES: Readonly<Record<number, RefusalRule>> = {
  ...STATUS_ACCOUNT_RULES,
  // A URL on our side that does not exist, not a task.
  404: halt('misconfigured'),
};
const CREATE_STATUS_RULES: Readonly<Record<number, CreateRule>> = { ...STATUS_RULES, ...GAVE_UP_WAITING };

interface TextRule<R> {
  /** Unset: whatever the code, since the text can mean nothing else. */
  codes?: readonly number[];
  text: RegExp;
  rule: R;
}

/** The vendor's codes have been seen to change under the same text: what these say fails no link. */
const ACCOUNT_TEXTS: readonly TextRule<RefusalRule>[] = [
  // Seen once as 500 with the text of 402.
  { text: /credits insufficient|insufficient credits|balance isn.?t enough/i, rule: halt('no-credits') },
  { text: /call frequency (?:is )?too high/i, rule: THROTTLED },
  // Seen as 500: "The server is currently being maintained, please try again later~".
  { text: /being maintained|under(?:going)? maintenance/i, rule: halt('maintenance') },
];

const CREATE_TEXTS: readonly TextRule<CreateRule>[] = [
  ...ACCOUNT_TEXTS,
  // Seen as 500 for every sora slug between June and August 2026.
  { text: /interface is temporarily paused/i, rule: halt('model-paused') },
  // Documented, and seen as 400; the name is from our model definition, so no link is at fault.
  { text: /model name you specified is not supported|\binvalid model\b/i, rule: halt('misconfigured') },
  // Seen; the field is from the configuration, so every link of the batch gets this.
  { text: /\bcallBackUrl\b/i, rule: halt('misconfigured') },
  // Seen as 500: an option's value that the model does not know.
  {
    text: /not within the range of allowed options|must be within the specified range/i,
    rule: halt('misconfigured'),
  },
  // Seen in production for a field that was sent; the same payload succeeded minutes later.
  { codes: [500], text: /\bthis field is required\b/i, rule: RETRY },
  // Seen by public clients: a bad request that is sent as a server error.
  { codes: [500], text: /\bis required\b/i, rule: REJECT },
  // A server of the vendor gave up waiting for another: the task may have been made.
  { codes: [500, 502, 503], text: TIMED_OUT, rule: AMBIGUOUS },
];

/** The vendor refused an input for what it lacks: so it knows the model and has it switched on. */
const EXAMINED_INPUT = /\bis required\b|\bplease enter\b|\bwithin the (?:range|specified)\b/i;

const RECORD_TEXTS: readonly TextRule<RecordRule>[] = [
  ...ACCOUNT_TEXTS,
  // Seen right after a create call, and for unknown ids.
  { codes: [422], text: /recordInfo is null/i, rule: UNKNOWN_TASK },
  { codes: [404], text: /\b(?:task|record)/i, rule: UNKNOWN_TASK },
];

/** The rule for a refused create call with this code and message. */
export function createRule(code: number, message: string): CreateRule {
  return byText(CREATE_TEXTS, code, message) ?? byCode<CreateRule>(CREATE_RULES, code);
}

/** The rule for a refused query with this code and message. */
export function recordRule(code: number, message: string): RecordRule {
  return byText(RECORD_TEXTS, code, message) ?? byCode(RECORD_RULES, code);
}

/** The rule for a refused query of the account (balance, download link) with this code and message. */
export function accountRule(code: number, message: string): RefusalRule {
  return byText(ACCOUNT_TEXTS, code, message) ?? byCode(CREDITS_RULES, code);
}

/** Whether the refusal of the free probe shows that the model is on. */
export function isInputExamined(message: string): boolean {
  return EXAMINED_INPUT.test(message);
}

/** The rule for a reply whose body says nothing: a proxy's page, or a bare status. */
export function statusRule(httpStatus: number): RefusalRule {
  return byCode(STATUS_RULES, httpStatus, RETRY);
}

/** As `statusRule`, for a create call. */
export function createStatusRule(httpStatus: number): CreateRule {
  return byCode(CREATE_STATUS_RULES, httpStatus, RETRY);
}

function byText<R>(rules: readonly TextRule<R>[], code: number, message: string): R | undefined {
  return rules.find(({ codes, text }) => (codes?.includes(code) ?? true) && text.test(message))?.rule;
}

function byCode<R>(
  rules: Readonly<Record<number, R>>,
  code: number,
  otherwise: RefusalRule = UNKNOWN,
): R | RefusalRule {
  // Redirects are never followed, since the key would go along: the base URL is not the vendor's.
  if (code >= 300 && code < 400) return halt('misconfigured');
  return Object.hasOwn(rules, code) ? (rules[code] ?? otherwise) : otherwise;
}
