/** Errors whose message is for a person: it says what is wrong and what to do, and is shown as it is, without a stack. */
export abstract class ExplainedError extends Error {
  /** Stable. */
  abstract readonly code: string;
}

/** The request is invalid, and nothing has begun. */
export abstract class RequestError extends ExplainedError {}
