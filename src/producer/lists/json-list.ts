/**
 * Finds the rows in a stream of JSON tokens: the elements of a list, of each list directly in one object
 * (`{"links":[…]}`), or the object itself. Holds one element at a time, and of its nested data only the values of
 * inputs, so that memory does not depend on the document. Other values nested deeper are problems, not entries.
 */
import type { Token } from 'stream-json/core/parser.js';
import { type ListEntry, problemAt } from './list-entry.ts';
import { MAX_LINE_BYTES } from './list-source.ts';
import { NestedJson } from './nested-json.ts';
import { NO_ROW } from './read-json-lines.ts';
import { holdsInputs, type RowRules, rowEntry } from './row-entry.ts';

/** A list whose elements are entries. The document itself is one, since values may follow each other. */
interface OpenList {
  readonly kind: 'list';
  readonly isDocument: boolean;
}

interface OpenObject {
  readonly kind: 'object';
  readonly line: number;
  /** Outside of all lists an object may hold the list instead of being an entry. */
  readonly mayHoldLists: boolean;
  readonly names: string[];
  readonly values: string[];
  characters: number;
  holdsList: boolean;
}

const MAX_DEPTH = 500;
const SHOWN_NAMES = 5;
const TOO_LONG = `is longer than ${MAX_LINE_BYTES / 1024} KiB`;

export class JsonTooDeep extends Error {
  override readonly name = 'JsonTooDeep';
}

export class JsonList {
  readonly #rules: RowRules;
  readonly #open: (OpenList | OpenObject)[] = [{ kind: 'list', isDocument: true }];
  #entries: ListEntry[] = [];
  #line = 1;
  #skippedDepth = 0;
  #nested: NestedJson | undefined;
  #text = '';
  #name = '';

  constructor(rules: RowRules) {
    this.#rules = rules;
  }

  /** Every list and object has ended. */
  get isComplete(): boolean {
    return this.#open.length === 1 && this.#skippedDepth === 0 && this.#nested === undefined;
  }

  /** The entries since the last call. */
  takeEntries(): ListEntry[] {
    const entries = this.#entries;
    this.#entries = [];
    return entries;
  }

  /** `line` is the line of the token. Throws JsonTooDeep. */
  push(token: Token, line: number): void {
    this.#line = line;
    if (this.#nested !== undefined) this.#readNested(this.#nested, token);
    else if (this.#skippedDepth > 0) this.#skip(token);
    else if (this.#beginsInput(token)) this.#readNested(new NestedJson(MAX_LINE_BYTES), token);
    else this.#read(token);
  }

  /** A list or an object that is the value of an input. */
  #beginsInput({ name }: Token): boolean {
    if (name !== 'startObject' && name !== 'startArray') return false;
    return this.#openObject() !== undefined && holdsInputs(this.#name, this.#rules.inputs);
  }

  #readNested(nested: NestedJson, token: Token): void {
    const isLast = nested.push(token);
    if (nested.depth > MAX_DEPTH) throw new JsonTooDeep();
    this.#nested = isLast ? undefined : nested;
    if (isLast) this.#value(nested.text, true);
  }

  #skip({ name }: Token): void {
    if (name === 'startObject' || name === 'startArray') this.#skippedDepth += 1;
    if (name === 'endObject' || name === 'endArray') this.#skippedDepth -= 1;
    if (this.#skippedDepth > MAX_DEPTH) throw new JsonTooDeep();
  }

  #read(token: Token): void {
    switch (token.name) {
      case 'startKey':
      case 'startString':
      case 'startNumber':
        this.#text = '';
        return;
      case 'stringChunk':
      case 'numberChunk':
        if (this.#text.length <= MAX_LINE_BYTES) this.#text += token.value;
        return;
      case 'endKey':
        this.#name = this.#text;
        return;
      case 'endString':
        this.#value(this.#text, true);
        return;
      case 'endNumber':
        this.#value(this.#text, false);
        return;
      case 'trueValue':
      case 'falseValue':
        this.#value(String(token.value), false);
        return;
      case 'nullValue':
        if (this.#openObject() === undefined) this.#problem('null', NO_ROW);
        return;
      case 'startObject':
        this.#startObject();
        return;
      case 'startArray':
        this.#startArray();
        return;
      case 'endObject':
        this.#endObject();
        return;
      case 'endArray':
        this.#open.pop();
        return;
      // The tokenizer packs nothing, so that no value is ever held as a whole; white space has no meaning.
      case 'keyValue':
      case 'stringValue':
      case 'numberValue':
      case 'whitespace':
        return;
      default:
        token satisfies never;
    }
  }

  #openObject(): OpenObject | undefined {
    const innermost = this.#open.at(-1);
    return innermost?.kind === 'object' ? innermost : undefined;
  }

  #value(text: string, isString: boolean): void {
    const object = this.#openObject();
    if (object !== undefined) {
      object.characters += this.#name.length + text.length;
      if (object.characters > MAX_LINE_BYTES) return;
      object.names.push(this.#name);
      object.values.push(text);
    } else if (!isString) this.#problem(text, NO_ROW);
    else if (text.length > MAX_LINE_BYTES) this.#problem(text, TOO_LONG);
    else this.#entries.push(rowEntry({ line: this.#line, text, cells: [text] }, undefined, this.#rules));
  }

  #startObject(): void {
    const around = this.#open.at(-1);
    if (around?.kind === 'list') {
      this.#open.push({
        kind: 'object',
        line: this.#line,
        mayHoldLists: around.isDocument,
        names: [],
        values: [],
        characters: 0,
        holdsList: false,
      });
    } else this.#skippedDepth = 1;
  }

  #startArray(): void {
    const around = this.#open.at(-1);
    const isList = around?.kind === 'list' ? around.isDocument : around?.mayHoldLists === true;
    if (isList) {
      if (around?.kind === 'object') around.holdsList = true;
      this.#open.push({ kind: 'list', isDocument: false });
      return;
    }
    if (around?.kind === 'list') this.#problem('[…]', NO_ROW);
    this.#skippedDepth = 1;
  }

  #endObject(): void {
    const object = this.#open.pop();
    if (object?.kind !== 'object') return;
    const { line, names, values } = object;
    const shown = `{${names.slice(0, SHOWN_NAMES).join(', ')}${names.length > SHOWN_NAMES ? ', …' : ''}}`;
    if (object.characters > MAX_LINE_BYTES) this.#entries.push(problemAt(line, shown, TOO_LONG));
    else {
      const entry = rowEntry({ line, text: shown, cells: values }, names, this.#rules);
      // An object around lists is an entry only where it is plainly one.
      if (entry.kind === 'link' || !object.holdsList) this.#entries.push(entry);
    }
  }

  #problem(text: string, reason: string): void {
    this.#entries.push(problemAt(this.#line, text, reason));
  }
}
