/** What `doctor` has found out about one thing, and what a person does next about it. */
export type CheckVerdict = 'ok' | 'warning' | 'failed' | 'skipped';

export interface Check {
  readonly name: string;
  readonly verdict: CheckVerdict;
  readonly says: string;
  /** What to do; null when there is nothing. */
  readonly next: string | null;
}

export const ok = (name: string, says: string): Check => ({ name, verdict: 'ok', says, next: null });
export const skipped = (name: string, says: string): Check => ({
  name,
  verdict: 'skipped',
  says,
  next: null,
});
export const warning = (name: string, says: string, next: string): Check => ({
  name,
  verdict: 'warning',
  says,
  next,
});
export const failed = (name: string, says: string, next: string): Check => ({
  name,
  verdict: 'failed',
  says,
  next,
});
