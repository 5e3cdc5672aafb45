/**
 * A list or an object that is the value of one field, put together again as JSON text from the tokens of a document.
 * Called by JsonList. Holds no more than `most` characters of it.
 */
import type { Token } from 'stream-json/core/parser.js';

export class NestedJson {
  readonly #most: number;
  #text = '';
  #depth = 0;
  #string = '';
  #isAfterKey = false;

  constructor(most: number) {
    this.#most = most;
  }

  /** May be longer than `most` by a little; then its end is missing. */
  get text(): string {
    return this.#text;
  }

  get depth(): number {
    return this.#depth;
  }

  /** @returns whether this token was the last one */
  push(token: Token): boolean {
    switch (token.name) {
      case 'startObject':
      case 'startArray':
        this.#begin(token.name === 'startObject' ? '{' : '[');
        this.#depth += 1;
        return false;
      case 'endObject':
      case 'endArray':
        this.#write(token.name === 'endObject' ? '}' : ']');
        this.#depth -= 1;
        return this.#depth === 0;
      case 'startKey':
      case 'startString':
      case 'startNumber':
        this.#string = '';
        return false;
      case 'stringChunk':
      case 'numberChunk':
        if (this.#string.length <= this.#most) this.#string += token.value;
        return false;
      case 'endKey':
        this.#begin(`${JSON.stringify(this.#string)}:`);
        this.#isAfterKey = true;
        return false;
      case 'endString':
        this.#begin(JSON.stringify(this.#string));
        return false;
      case 'endNumber':
        this.#begin(this.#string);
        return false;
      case 'trueValue':
      case 'falseValue':
      case 'nullValue':
        this.#begin(String(token.value));
        return false;
      default:
        return false;
    }
  }

  /** What begins a value or a name, with the comma before it. */
  #begin(text: string): void {
    const isFirst = this.#isAfterKey || this.#text === '' || /[{[]$/.test(this.#text);
    this.#isAfterKey = false;
    this.#write(isFirst ? text : `,${text}`);
  }

  #write(text: string): void {
    if (this.#text.length <= this.#most) this.#text += text;
  }
}
