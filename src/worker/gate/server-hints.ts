/** What a server's headers say about its limit; every part is optional, because no server says it all. */
export interface ServerHints {
  /** Not sooner than this, from the answer on. */
  readonly retryAfterMs?: number;
  /** The window is renewed after this time, from the answer on. */
  readonly resetAfterMs?: number;
  /** Requests per window; only together with the window it says something. */
  readonly limit?: number;
  readonly windowMs?: number;
  /** Requests left in the window. */
  readonly remaining?: number;
}
