/**
 * Finds the entries in a stream of JSON tokens: the elements of a list, of each list that stands directly in
 * one object (`{"links":[…]}`), or the object's own link. Holds one element at a time, and of that only its
 * link field, so that memory does not depend on the document. Values nested deeper are problems, not entries.
 */
import type { Token } from 'stream-json/core/parser.js';
import { NESTED, NO_STRING, NO_TEXT_IN_FIELD, noField, stringEntry } from './json-entry.ts';
import { linkNameRank } from './link-name.ts';
import { type Fields, type ListEntry, problemAt } from './list-entry.ts';
import { MAX_LINE_BYTES } from './list-source.ts';

/** A list whose elements are entries. The document itself is one, since values may follow each other. */
interface OpenList {
  readonly kind: 'list';
  readonly isDocument: boolean;
}

/** An object whose link is still looked for. */
interface OpenObject {
  readonly kind: 'object';
  readonly line: number;
  /** Outside of all lists an object may hold the list instead of being an entry. */
  readonly mayHoldLists: boolean;
  readonly names: string[];
  holdsList: boolean;
  readonly fields: Map<string, string>;
  link: { readonly rank: number; readonly text: string } | undefined;
  reason: string | undefined;
}

const MAX_DEPTH = 500;
const SHOWN_NAMES = 5;
const MAX_NAME_CHARACTERS = 256;
const TOO_LONG = `is longer than ${MAX_LINE_BYTES / 1024} KiB`;
const NO_LIST_EITHER = 'and no list in it';

export class JsonTooDeep extends Error {
  override readonly name = 'JsonTooDeep';
}

export class JsonList {
  readonly #column: string | undefined;
  readonly #open: (OpenList | OpenObject)[] = [{ kind: 'list', isDocument: true }];
  #entries: ListEntry[] = [];
  #line = 1;
  #skippedDepth = 0;
  #text = '';
  #fieldRank: number | undefined;
  #fieldName = '';

  constructor(column: string | undefined) {
    this.#column = column;
  }

  /** Every list and object has ended. */
  get isComplete(): boolean {
    return this.#open.length === 1 && this.#skippedDepth === 0;
  }

  /** The entries since the last call. */
  takeEntries(): ListEntry[] {
    const entries = this.#entries;
    this.#entries = [];
    return entries;
  }

  /** `line` is where the token stands. Throws JsonTooDeep. */
  push(token: Token, line: number): void {
    this.#line = line;
    if (this.#skippedDepth > 0) this.#skip(token);
    else this.#read(token);
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
        this.#key(this.#text);
        return;
      case 'endString':
        this.#string(this.#text);
        return;
      case 'endNumber':
        this.#scalar(this.#text);
        return;
      case 'trueValue':
      case 'falseValue':
      case 'nullValue':
        this.#scalar(String(token.value));
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
      // The tokenizer is told to pack nothing, so that no value is ever held whole; white space means nothing.
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

  #key(name: string): void {
    const object = this.#openObject();
    if (object === undefined) return;
    if (object.names.length <= SHOWN_NAMES) object.names.push(name.slice(0, MAX_NAME_CHARACTERS));
    this.#fieldName = name;
    this.#fieldRank = name.length > MAX_NAME_CHARACTERS ? undefined : linkNameRank(name, this.#column);
  }

  #string(text: string): void {
    const object = this.#openObject();
    object?.fields.set(this.#fieldName, text.slice(0, MAX_LINE_BYTES));
    if (object === undefined) this.#entries.push(boundedEntry(this.#line, text));
    else if (text.trim() === '') this.#fieldIs(NO_TEXT_IN_FIELD);
    else if (
      this.#fieldRank !== undefined &&
      this.#fieldRank < (object.link?.rank ?? Number.POSITIVE_INFINITY)
    ) {
      object.link = { rank: this.#fieldRank, text };
    }
  }

  #scalar(text: string): void {
    const object = this.#openObject();
    if (text !== 'null') object?.fields.set(this.#fieldName, text);
    if (object === undefined) this.#problem(text, NO_STRING);
    else this.#fieldIs(NO_TEXT_IN_FIELD);
  }

  #startObject(): void {
    const around = this.#open.at(-1);
    if (around?.kind !== 'list') {
      this.#fieldIs(NESTED);
      this.#skippedDepth = 1;
      return;
    }
    this.#open.push({
      kind: 'object',
      line: this.#line,
      mayHoldLists: around.isDocument,
      names: [],
      fields: new Map(),
      holdsList: false,
      link: undefined,
      reason: undefined,
    });
  }

  #startArray(): void {
    const around = this.#open.at(-1);
    const isList = around?.kind === 'list' ? around.isDocument : around?.mayHoldLists === true;
    if (isList) {
      if (around?.kind === 'object') around.holdsList = true;
      this.#open.push({ kind: 'list', isDocument: false });
      return;
    }
    if (around?.kind === 'list') this.#problem('[…]', NESTED);
    else this.#fieldIs(NESTED);
    this.#skippedDepth = 1;
  }

  #endObject(): void {
    const object = this.#open.pop();
    if (object?.kind !== 'object') return;
    if (object.link !== undefined)
      this.#entries.push(boundedEntry(object.line, object.link.text, Object.fromEntries(object.fields)));
    else if (!object.holdsList) {
      this.#entries.push(problemAt(object.line, shownObject(object.names), this.#reasonFor(object)));
    }
  }

  #reasonFor({ reason, mayHoldLists }: OpenObject): string {
    if (reason !== undefined) return reason;
    return mayHoldLists ? `${noField(this.#column)} ${NO_LIST_EITHER}` : noField(this.#column);
  }

  /** Why the field that was just read is no link, if it is a link field at all. */
  #fieldIs(reason: string): void {
    const object = this.#openObject();
    if (object !== undefined && this.#fieldRank !== undefined) object.reason ??= reason;
  }

  #problem(text: string, reason: string): void {
    this.#entries.push(problemAt(this.#line, text, reason));
  }
}

function boundedEntry(line: number, text: string, fields?: Fields): ListEntry {
  return text.length > MAX_LINE_BYTES ? problemAt(line, text, TOO_LONG) : stringEntry(line, text, fields);
}

function shownObject(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).join(', ');
  return `{${shown}${names.length > SHOWN_NAMES ? ', …' : ''}}`;
}
