/**
 * Small changes of a Lua script, one at a time, as Stryker makes them of TypeScript: another comparison, another
 * operator, a condition that is always or never true, a number twice as large, an assignment or a write that is missing.
 */

export interface Mutant {
  /** From 1. */
  readonly line: number;
  readonly from: string;
  readonly to: string;
  /** The whole script with the change. */
  readonly source: string;
}

interface Token {
  readonly kind: 'name' | 'number' | 'text' | 'sign';
  readonly text: string;
  readonly at: number;
}

const tokenPattern =
  /--[^\n]*|(?<text>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")|(?<number>\d+(?:\.\d+)?)|(?<name>[A-Za-z_][\w.]*)|(?<sign>\.\.\.?|[<>=~]=|[-+*/%^#<>=(){}[\],;:])/g;

const signs: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '==': ['~='],
  '~=': ['=='],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
};
const names: Readonly<Record<string, readonly string[]>> = {
  and: ['or'],
  or: ['and'],
  true: ['false'],
  false: ['true'],
  'math.max': ['math.min'],
  'math.min': ['math.max'],
  'math.ceil': ['math.floor'],
  'math.floor': ['math.ceil'],
};
/** A statement on a line of its own that changes something: an assignment to what exists, or a call. */
const statement = /^(\s*)(?=\S)(?!local |return\b|for |if |function )([\w.[\], ]+ = .+|[\w.]+\(.*\))$/;
const condition = /^(\s*)(if|elseif|while) (.+) (then|do)\b/;

export function mutantsOf(source: string): Mutant[] {
  return [...operatorMutants(source), ...lineMutants(source)].toSorted((one, other) => one.line - other.line);
}

function operatorMutants(source: string): Mutant[] {
  const tokens = tokensOf(source);
  return tokens.flatMap((token, index) =>
    replacements(token, tokens[index - 1]).map((to) => mutant(source, token.at, token.text, to)),
  );
}

function replacements({ kind, text }: Token, before: Token | undefined): readonly string[] {
  // A minus that begins a number is part of it.
  if (kind === 'sign') return text === '-' && before?.kind === 'sign' ? [] : (signs[text] ?? []);
  if (kind === 'number') return [text === '0' ? '1' : `(2 * ${text})`];
  return kind === 'name' ? (names[text] ?? []) : [];
}

function lineMutants(source: string): Mutant[] {
  const mutants: Mutant[] = [];
  let at = 0;
  for (const line of source.split('\n')) {
    const [, indent, opening, tested] = condition.exec(line) ?? [];
    if (indent !== undefined && opening !== undefined && tested !== undefined) {
      const start = at + indent.length + opening.length + 1;
      for (const to of opening === 'while' ? ['false'] : ['true', 'false'])
        mutants.push(mutant(source, start, tested, to));
    }
    const [, before, whole] = statement.exec(line) ?? [];
    if (before !== undefined && whole !== undefined)
      mutants.push(mutant(source, at + before.length, whole, ''));
    at += line.length + 1;
  }
  return mutants;
}

function mutant(source: string, at: number, from: string, to: string): Mutant {
  return {
    line: source.slice(0, at).split('\n').length,
    from,
    to,
    source: source.slice(0, at) + to + source.slice(at + from.length),
  };
}

function tokensOf(source: string): Token[] {
  return [...source.matchAll(tokenPattern)].flatMap(({ index, groups = {} }) => {
    const kind = (['text', 'number', 'name', 'sign'] as const).find((each) => groups[each] !== undefined);
    return kind === undefined ? [] : [{ kind, text: groups[kind] ?? '', at: index }];
  });
}
