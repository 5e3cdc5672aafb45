/**
 * Reads one JSON document of any size, token by token, in constant memory. After a syntax error nothing that follows
 * can be trusted: what was read before is kept, and one problem names the place. Consecutive values without a list
 * around them are also read. Called by `readList`.
 */
import { getManyValues, type Many, none } from 'stream-chain/core';
import { jsonParser, type Token } from 'stream-json/core/parser.js';
import { JsonList, JsonTooDeep } from './json-list.ts';
import { type JsonSegment, JsonSegmenter } from './json-segments.ts';
import { type ListEntry, type ListProblem, problemAt } from './list-entry.ts';
import type { RowRules } from './row-entry.ts';

// White space ends a number and breaks what is cut off; the tokenizer waits for up to 16 characters more.
const END_OF_WAITING = '\n'.repeat(32);
const BROKEN = 'is not valid JSON; the list was read up to here';
const CUT_OFF = 'ends in the middle of the JSON';
const TOO_DEEP = 'is nested too deeply; the list was read up to here';

export async function* readJsonDocument(
  chunks: AsyncIterable<Buffer>,
  rules: RowRules,
): AsyncGenerator<ListEntry[]> {
  const reader = new JsonReader(rules);
  // Not fatal: a bad byte becomes U+FFFD, which makes its link one problem.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for await (const chunk of chunks) {
    yield reader.push(decoder.decode(chunk, { stream: true }));
    if (reader.hasStopped) return;
  }
  yield reader.push(decoder.decode());
  yield reader.end();
}

class JsonReader {
  readonly #segmenter = new JsonSegmenter();
  readonly #list: JsonList;
  readonly #tokenize = jsonParser({ packValues: false, streamValues: true, jsonStreaming: true });
  hasStopped = false;

  constructor(rules: RowRules) {
    this.#list = new JsonList(rules);
  }

  push(text: string): ListEntry[] {
    for (const segment of this.#segmenter.push(text)) {
      const problem = this.#read(segment);
      if (problem !== undefined) return this.#stopped(problem);
    }
    return this.#list.takeEntries();
  }

  end(): ListEntry[] {
    if (this.hasStopped) return [];
    const last = this.#segmenter.end();
    const problem = this.#read(last) ?? this.#finish(last.line);
    return problem === undefined ? this.#list.takeEntries() : this.#stopped(problem);
  }

  #stopped(problem: ListProblem): ListEntry[] {
    this.hasStopped = true;
    return [...this.#list.takeEntries(), problem];
  }

  #read({ text, line }: JsonSegment): ListProblem | undefined {
    let tokens: readonly Token[];
    try {
      tokens = tokensIn(this.#tokenize(text));
    } catch {
      return problemAt(line, text, BROKEN);
    }
    return this.#take(tokens, line, text);
  }

  /** A string, a literal or a list that is still open now was cut off. */
  #finish(line: number): ListProblem | undefined {
    const isCutOff = this.#read({ text: END_OF_WAITING, line }) !== undefined || !this.#list.isComplete;
    return isCutOff ? problemAt(line, '', CUT_OFF) : undefined;
  }

  #take(tokens: readonly Token[], line: number, text: string): ListProblem | undefined {
    try {
      for (const token of tokens) this.#list.push(token, line);
    } catch (error) {
      if (error instanceof JsonTooDeep) return problemAt(line, text, TOO_DEEP);
      throw error;
    }
    return undefined;
  }
}

function tokensIn(result: Many<Token> | typeof none): readonly Token[] {
  return result === none ? [] : getManyValues(result);
}
