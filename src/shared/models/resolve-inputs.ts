/**
 * Which inputs a link's task gets: its own value, else the one for all links, else the definition's default. Pure. The
 * result only has what differs from the defaults, typed and in the order of names. So two links with the same inputs
 * have the same result, however they were given, and a link without inputs has an empty one.
 */
import { RequestError } from '../explained-error.ts';
import type { InputSpecs, Inputs, InputValue } from './input-spec.ts';
import { type ReadValue, readValue, textOf } from './input-value.ts';
import type { ModelDefinition } from './model-definition.ts';

/** Values as they are given, by any name a person writes; JSON or text. */
export type GivenInputs = Readonly<Record<string, unknown>>;

export type ResolvedInputs =
  | { readonly ok: true; readonly inputs: Inputs }
  | { readonly ok: false; readonly reason: string; readonly missing: readonly string[] };

/** A value for all links that the model does not accept: nothing has started, and the message says what to do. */
export class InputError extends RequestError {
  override readonly name = 'InputError';
  readonly code = 'INPUT';
}

const NOTHING: Inputs = {};

/**
 * @param given the link's own values by the names of inputs, from `inputFields`
 * @param shared what `checkShared` has made of the values for all links
 */
export function resolveInputs(model: ModelDefinition, given: GivenInputs, shared: Inputs): ResolvedInputs {
  const own: Record<string, InputValue> = {};
  for (const [name, value] of Object.entries(given)) {
    const spec = model.inputs[name];
    const text = textOf(value);
    if (spec === undefined || text === '') continue;
    const read = readValue(spec, text);
    if (!read.ok) return { ok: false, reason: `${name} ${read.reason}`, missing: [] };
    own[name] = read.value;
  }
  const missing = missingInputs(model, { ...shared, ...own });
  if (missing.length > 0) return { ok: false, reason: missingReason(missing), missing };
  return { ok: true, inputs: differingInputs(model, { ...shared, ...own }) };
}

/**
 * The values for all links, as `--set` gives them, typed and checked.
 * @throws InputError that names every problem
 */
export function checkShared(model: ModelDefinition, given: GivenInputs): Inputs {
  const problems: string[] = [];
  const inputs: Record<string, InputValue> = {};
  for (const [written, value] of Object.entries(given)) {
    const name = inputNamed(model.inputs, written);
    const spec = name === null ? undefined : model.inputs[name];
    if (name === null || spec === undefined) problems.push(unknownInput(model, written));
    else {
      const text = textOf(value);
      const read: ReadValue = text === '' ? { ok: false, reason: 'needs a value' } : readValue(spec, text);
      if (read.ok) inputs[name] = read.value;
      else problems.push(`${name} ${read.reason}.`);
    }
  }
  if (problems.length > 0) throw new InputError(problems.join('\n'));
  return inputs;
}

/** The input that a column, a field or a flag of this name means; "Negative prompt" is negative_prompt. */
export function inputNamed(specs: InputSpecs, written: string): string | null {
  const plain = written.trim();
  if (Object.hasOwn(specs, plain)) return plain;
  const folded = plain.toLowerCase().replaceAll(/[\s-]+/g, '_');
  return Object.hasOwn(specs, folded) ? folded : null;
}

/** The text by which two sets of inputs are the same or not. */
export function canonicalInputs(inputs: Inputs): string {
  return JSON.stringify(sorted(inputs));
}

/** Required ones that are not among `given`. */
export function missingInputs(model: ModelDefinition, given: Inputs): string[] {
  return Object.keys(model.inputs).filter((name) => model.inputs[name]?.required && !(name in given));
}

function missingReason(names: readonly string[]): string {
  return names.length === 1
    ? `the input ${names[0]} is missing`
    : `the inputs ${names.join(', ')} are missing`;
}

/** Without what the model's defaults say already, in the order of the names. */
export function differingInputs({ input }: ModelDefinition, given: Inputs): Inputs {
  const names = Object.keys(given)
    .filter((name) => !isSame(given[name], input.defaults[name]))
    .sort();
  return names.length === 0 ? NOTHING : Object.fromEntries(names.map((name) => [name, given[name] ?? null]));
}

function isSame(a: InputValue | undefined, b: InputValue | undefined): boolean {
  return a === b || (typeof a === 'object' && JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)));
}

/** With the names of every object inside in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, each]) => [name, sorted(each)]));
}

function unknownInput(model: ModelDefinition, written: string): string {
  if (written === model.input.linkField) return `${written} is the video itself, which is in the list.`;
  const names = Object.keys(model.inputs);
  const known = names.length === 0 ? 'it has none' : `it takes ${names.join(', ')}`;
  return `${model.id} has no input ${written}: ${known}. See  kie-batch models ${model.id}`;
}
