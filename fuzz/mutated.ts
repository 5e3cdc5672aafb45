/**
 * Bytes that are nearly right: a sound example with a few edits. Most random bytes are refused by the first look at
 * them; these come further.
 */
import fc from 'fast-check';

interface Edit {
  readonly kind: 'flip' | 'drop' | 'insert' | 'repeat' | 'splice';
  /** In shares of the length, from 0 to 65,535. */
  readonly at: number;
  readonly length: number;
  readonly bytes: Buffer;
  readonly times: number;
}

const longestBytes = 256 * 1024;

/** @param tokens bytes that mean something to the reader */
export function mutated(
  examples: readonly (string | Buffer)[],
  tokens: readonly string[] = [],
): fc.Arbitrary<Buffer> {
  const corpus = examples.map((example) => Buffer.from(example));
  const usual = [
    '',
    '\0',
    '\n',
    '\r',
    '\u2028',
    '\ud83d\ude00',
    '%00',
    '%zz',
    '../',
    "'",
    '"',
    '\\',
    '{',
    '[',
  ];
  const numbers = ['0', '-1', '1e309', '9007199254740993', 'NaN', '00000000', '\xff\xff\xff\xff'];
  const bytes = fc.oneof(
    fc
      .constantFrom(...usual, ...numbers, ...tokens)
      .map((text) => Buffer.from(text, text.startsWith('\xff') ? 'latin1' : 'utf8')),
    fc.uint8Array({ maxLength: 12 }).map((array) => Buffer.from(array)),
  );
  const edit: fc.Arbitrary<Edit> = fc.record({
    kind: fc.constantFrom('flip', 'drop', 'insert', 'repeat', 'splice'),
    at: fc.nat(65_535),
    length: fc.oneof(fc.nat(8), fc.nat(400)),
    bytes: fc.oneof({ weight: 3, arbitrary: bytes }, fc.constantFrom(...corpus)),
    times: fc.oneof({ weight: 9, arbitrary: fc.nat(4) }, fc.nat(500)),
  });
  const some = fc.tuple(fc.constantFrom(...corpus), fc.array(edit, { maxLength: 8 }));
  return fc.oneof(
    { weight: 9, arbitrary: some.map(([example, edits]) => edits.reduce(apply, example)) },
    fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
  );
}

function apply(input: Buffer, { kind, at: share, length, bytes, times }: Edit): Buffer {
  const at = Math.floor((share / 65_536) * (input.length + 1));
  const [before, after] = [input.subarray(0, at), input.subarray(at + length)];
  const parts = {
    flip: () => {
      const copy = Buffer.from(input);
      if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << (length % 8));
      return copy;
    },
    drop: () => Buffer.concat([before, after]),
    insert: () => Buffer.concat([before, bytes, input.subarray(at)]),
    repeat: () =>
      Buffer.concat([before, ...Array<Buffer>(times).fill(input.subarray(at, at + length)), after]),
    splice: () => Buffer.concat([before, bytes, after]),
  };
  return parts[kind]().subarray(0, longestBytes);
}
