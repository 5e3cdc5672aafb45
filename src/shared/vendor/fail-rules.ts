/**
 * The outcome of a failed task by its code and text. Pure; used by the parser of records. The code alone does not
 * decide: tasks were seen to fail without one, and code 500 is used for temporary errors as well as for final refusals
 * of the video. If neither decides, the failure is final: a person can retry, and nothing is paid twice.
 */

export interface FailRule {
  resubmit: boolean;
  /** The failure may yet turn into success within this time. */
  graceMs?: number;
  warn?: true;
}

const FINAL: FailRule = { resubmit: false };
const RESUBMIT: FailRule = { resubmit: true };
/** "generate task timeout": seen to turn into success about a minute later. */
const TIMEOUT: FailRule = { resubmit: true, graceMs: 120_000 };

const CODE_RULES: Readonly<Record<string, FailRule>> = {
  '400': FINAL,
  '408': RESUBMIT,
  '422': FINAL,
  // "internal error, please try again later."
  '500': RESUBMIT,
  // Generation failed: the vendor's last word on this video.
  '501': FINAL,
  '524': TIMEOUT,
};

/** The vendor, or the model behind it, refuses what the video shows. */
const REFUSED_CONTENT =
  /copyright|trademark|polic(?:y|ies)\b|violat|\bnsfw\b|sensitive|prohibited|inappropriate|moderation|unsafe|\bsafety\b|\bflagged\b|\brejected\b|content (?:review|filter|check|restriction)|not (?:allowed|permitted)|third[- ]party|likeness|public figure|celebrit|\bminors?\b|nudity|sexual|violen/i;

/** The input cannot be used, and will not get better. */
const UNUSABLE_INPUT =
  /unsupported|not supported|mixed input|corrupt|\b(?:invalid|malformed|unreadable|unusable) (?:image|video|audio|file|input|format|url|link|prompt|parameter|argument)|(?:can ?not|can.t|could not|couldn.t|unable to) (?:be )?(?:access|download|read|open|decode|load)|not accessible|\btoo (?:large|long|short|small|big)\b|exceeds? (?:the )?(?:max|size|length|duration|file|limit of)|is required|within the (?:range|specified)|\bmust (?:be|not|have|contain)\b/i;

/** In any spelling: timeout, time-out, timed out. */
export const TIMED_OUT = /\btime(?:d[ -]?|-)?out\b/i;

const PASSING =
  /internal (?:server )?error|try again|server (?:error|exception|busy)|\bbusy\b|overload|temporar|unavailable|too many requests|rate limit|network error|high demand/i;

/** The rule for a failed task. An unknown 5xx is worth a bounded repetition, since failures are rarely billed. */
export function failRule(failCode: string, failMsg: string): FailRule {
  const rule = isUnset(failCode) ? byText(failMsg) : byCode(failCode);
  if (!rule.resubmit) return rule;
  if (isFinal(failMsg)) return FINAL;
  return TIMED_OUT.test(failMsg) ? TIMEOUT : rule;
}

/** Unset codes are '' or null; a code of success with a failure has no meaning either. */
function isUnset(failCode: string): boolean {
  return failCode === '' || failCode === '0' || failCode === '200';
}

function byCode(failCode: string): FailRule {
  const known = Object.hasOwn(CODE_RULES, failCode) ? CODE_RULES[failCode] : undefined;
  return known ?? { resubmit: /^5\d\d$/.test(failCode), warn: true };
}

function byText(failMsg: string): FailRule {
  if (isFinal(failMsg)) return FINAL;
  return PASSING.test(failMsg) || TIMED_OUT.test(failMsg) ? RESUBMIT : { ...FINAL, warn: true };
}

function isFinal(failMsg: string): boolean {
  return REFUSED_CONTENT.test(failMsg) || UNUSABLE_INPUT.test(failMsg);
}
