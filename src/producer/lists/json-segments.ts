/**
 * Cuts JSON text after every comma, closing bracket and end of line, and returns the line where each piece ends. The
 * tokenizer gives no positions and drops the tokens of the call with an error; with pieces that do not depend on how
 * the bytes arrived, lines are known and nothing before an error is lost.
 */
import { MAX_LINE_BYTES } from './list-source.ts';

export interface JsonSegment {
  readonly text: string;
  readonly line: number;
}

const LF = 0x0a;
const CR = 0x0d;
const COMMA = 0x2c;
const CLOSE_BRACKET = 0x5d;
const CLOSE_BRACE = 0x7d;

export class JsonSegmenter {
  #unfinished = '';
  #line = 1;
  #isAfterCr = false;

  *push(text: string): Generator<JsonSegment> {
    let start = 0;
    let length = this.#unfinished.length;
    for (let at = 0; at < text.length; at += 1) {
      length += 1;
      const code = text.charCodeAt(at);
      if (!isCut(code) && length < MAX_LINE_BYTES) continue;
      yield { text: this.#unfinished + text.slice(start, at + 1), line: this.#line };
      this.#countLine(code);
      this.#unfinished = '';
      start = at + 1;
      length = 0;
    }
    this.#unfinished += text.slice(start);
  }

  end(): JsonSegment {
    return { text: this.#unfinished, line: this.#line };
  }

  #countLine(code: number): void {
    if (code === CR || (code === LF && !this.#isAfterCr)) this.#line += 1;
    this.#isAfterCr = code === CR;
  }
}

function isCut(code: number): boolean {
  return code === COMMA || code === LF || code === CLOSE_BRACE || code === CLOSE_BRACKET || code === CR;
}
