/**
 * Runs a parser over bytes that arrive in chunks. A parser is a generator that requests the next bytes or skips them.
 * This module feeds it, so every kind of media is checked while it is streamed, and parsers read as if they had the
 * whole file. Invariant: only the bytes that a parser requests are kept, within a limit, and no file costs more than
 * MAX_STEPS steps.
 */

type Want =
  /** The next bytes, copied; fewer only where the input ends and the parser allows for it. */
  | { readonly kind: 'take'; readonly bytes: number; readonly orLess: boolean; readonly inside: string }
  /** The next bytes go by; infinite for all that is left. */
  | { readonly kind: 'pass'; readonly bytes: number; readonly see: See | undefined; readonly inside: string }
  /** Skips everything before the next byte of this value. */
  | { readonly kind: 'scan'; readonly byte: number; readonly inside: string };

/** Sees the bytes that are passed over; the chunk must not be kept. */
export type See = (chunk: Buffer) => void;

export type Parsing<Result> = Generator<Want, Result, Buffer>;

export interface Input {
  /** Bytes before the next one. */
  readonly position: number;
  /** Bytes of the whole input, infinite while unknown. */
  readonly totalBytes: number;
}

export type ParseEnd<Result> =
  | { readonly kind: 'whole'; readonly facts: Result }
  | { readonly kind: 'broken'; readonly message: string };

export interface StreamParser<Result> {
  /** Receives the next bytes. A returned message is a final verdict: what is wrong with these bytes. */
  push(chunk: Buffer): string | undefined;
  /** The length becomes known: what would pass the end is reported before it has arrived. */
  expectTotal(totalBytes: number | undefined): void;
  end(): ParseEnd<Result>;
}

/** Thrown by parsers through `fail`, caught here alone: the way out of any depth of a parser. */
class BrokenMedia extends Error {}

/** More pieces than any real result has: a file of nothing but empty boxes must not cost minutes. */
const MAX_STEPS = 20_000_000;

const EMPTY = Buffer.alloc(0);

export function fail(message: string): never {
  throw new BrokenMedia(message);
}

export function* take(bytes: number, inside: string): Parsing<Buffer> {
  return yield { kind: 'take', bytes, orLess: false, inside };
}

/** Fewer bytes than requested, or none, at the end of the input. */
export function* takeOrEnd(bytes: number): Parsing<Buffer> {
  return yield { kind: 'take', bytes, orLess: true, inside: '' };
}

export function* pass(bytes: number, inside: string, see?: See): Parsing<void> {
  yield { kind: 'pass', bytes, see, inside };
}

export function* scanTo(byte: number, inside: string): Parsing<void> {
  yield { kind: 'scan', byte, inside };
}

/** Fails where something that begins here would end after the input does. */
export function mustFit(input: Input, endsAt: number, what: string): void {
  if (endsAt <= input.totalBytes) return;
  fail(`${what} would end at ${endsAt}, but there are only ${input.totalBytes} bytes`);
}

export function createStreamParser<Result>(
  parse: (input: Input) => Parsing<Result>,
  expectedBytes = Number.POSITIVE_INFINITY,
): StreamParser<Result> {
  const input = { position: 0, totalBytes: expectedBytes };
  const steps = parse(input);
  let count = 0;
  let want: Want | undefined;
  let done: { readonly facts: Result } | undefined;
  let problem: string | undefined;
  let taken: Buffer = EMPTY;
  let leftBytes = 0;

  function resume(answer: Buffer): void {
    try {
      count += 1;
      if (count > MAX_STEPS) fail(`is made of more than ${MAX_STEPS} pieces`);
      const step = steps.next(answer);
      want = step.done ? undefined : step.value;
      if (step.done) done = { facts: step.value };
      leftBytes = want === undefined || want.kind === 'scan' ? 0 : want.bytes;
      if (want?.kind === 'take') taken = Buffer.allocUnsafe(want.bytes);
    } catch (error) {
      if (!(error instanceof BrokenMedia)) throw error;
      problem = error.message;
      want = undefined;
    }
  }

  /** Gives the parser what it requested, as far as the chunk has it; returns the remaining bytes. */
  function feed(asked: Want, chunk: Buffer): Buffer {
    if (asked.kind === 'scan') {
      const found = chunk.indexOf(asked.byte);
      const passed = found < 0 ? chunk.length : found;
      input.position += passed;
      if (found >= 0) resume(EMPTY);
      return chunk.subarray(passed);
    }
    const bytes = Math.min(leftBytes, chunk.length);
    if (asked.kind === 'take') chunk.copy(taken, taken.length - leftBytes, 0, bytes);
    else asked.see?.(chunk.subarray(0, bytes));
    input.position += bytes;
    leftBytes -= bytes;
    if (leftBytes === 0) resume(asked.kind === 'take' ? taken : EMPTY);
    return chunk.subarray(bytes);
  }

  /** A request for no bytes is answered without waiting. */
  function settleEmpty(): void {
    while (want !== undefined && want.kind !== 'scan' && leftBytes === 0) resume(EMPTY);
  }

  resume(EMPTY);
  settleEmpty();
  return {
    push(chunk) {
      let rest = chunk;
      while (rest.length > 0 && want !== undefined) {
        rest = feed(want, rest);
        settleEmpty();
      }
      return problem;
    },
    expectTotal(totalBytes) {
      input.totalBytes = totalBytes ?? Number.POSITIVE_INFINITY;
    },
    end() {
      input.totalBytes = input.position;
      while (want !== undefined) {
        if (want.kind === 'take' && want.orLess) resume(taken.subarray(0, taken.length - leftBytes));
        else if (want.kind === 'pass' && want.bytes === Number.POSITIVE_INFINITY) resume(EMPTY);
        else {
          problem = endsInside(want, leftBytes);
          break;
        }
        settleEmpty();
      }
      if (problem !== undefined || done === undefined) {
        return { kind: 'broken', message: problem ?? 'ends early' };
      }
      return { kind: 'whole', facts: done.facts };
    },
  };
}

function endsInside(want: Want, leftBytes: number): string {
  return want.kind === 'scan'
    ? `ends inside ${want.inside}`
    : `ends inside ${want.inside}, ${leftBytes} bytes early`;
}
