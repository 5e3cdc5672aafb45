/**
 * What is fuzzed: a reader of bytes from outside, and the bytes it is given. A case holds when the reader returns, or
 * throws an error that is meant for a person. Run by fuzz.ts.
 */
import type fc from 'fast-check';

export interface Target {
  readonly name: string;
  readonly cases: fc.Arbitrary<Buffer>;
  /** @throws where something is wrong */
  run(bytes: Buffer): void | Promise<void>;
}

/** Targets that need something running, and what ends it. */
export interface OpenTargets extends AsyncDisposable {
  readonly targets: readonly Target[];
}
