/**
 * A value of an input as a person or a program gives it, a cell, a flag or JSON, to the value that the vendor gets; or
 * why the model does not allow it. Pure, never throws. One reader for all ways in, so that a value means the same in
 * each of them.
 */
import type { InputSpec, InputValue } from './input-spec.ts';

export type ReadValue =
  | { readonly ok: true; readonly value: InputValue }
  /** `reason` continues from the input's name: "must be …". */
  | { readonly ok: false; readonly reason: string };

const NUMBER = /^[+-]?(\d+(?:\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const SHOWN_CHARACTERS = 60;

/** @param text without blanks at its ends, not empty */
export function readValue(spec: InputSpec, text: string): ReadValue {
  switch (spec.type) {
    case 'string':
      return within(spec, text);
    case 'url':
      return isAddress(text) ? within(spec, text) : refused('must be an http or https address', text);
    case 'boolean':
      return readBoolean(text);
    case 'enum':
      return readChoice(spec, text);
    case 'integer':
    case 'number':
      return readNumber(spec, text);
    case 'urls':
      return readAddresses(spec, text);
    case 'json':
      return readJson(text);
    default:
      return spec.type satisfies never;
  }
}

/** A value of JSON in the form that `readValue` reads; a cell and a flag are text already. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return (typeof value === 'object' ? JSON.stringify(value) : String(value)).trim();
}

/** Null when the default of a definition is one that its input allows, and of its type. */
export function judgeDefault(spec: InputSpec): string | null {
  if (spec.default === undefined) return null;
  const read = readValue(spec, textOf(spec.default));
  if (!read.ok) return `has a default that is not allowed: it ${read.reason}`;
  const isSame = JSON.stringify(read.value) === JSON.stringify(spec.default);
  return isSame ? null : `has a default of the wrong type: write it as ${JSON.stringify(read.value)}`;
}

function readBoolean(text: string): ReadValue {
  const lower = text.toLowerCase();
  if (['true', 'yes', '1'].includes(lower)) return { ok: true, value: true };
  if (['false', 'no', '0'].includes(lower)) return { ok: true, value: false };
  return refused('must be true or false', text);
}

/** Spreadsheets and people change the case of words; the vendor gets its own spelling. */
function readChoice({ values = [] }: InputSpec, text: string): ReadValue {
  const lower = text.toLowerCase();
  const found =
    values.find((value) => String(value) === text) ??
    values.find((value) => String(value).toLowerCase() === lower);
  if (found !== undefined) return { ok: true, value: found };
  return refused(`must be ${values.length > 1 ? 'one of ' : ''}${values.join(', ')}`, text);
}

function readNumber({ type, min, max }: InputSpec, text: string): ReadValue {
  const value = Number(text);
  if (!NUMBER.test(text) || !Number.isFinite(value)) return refused('must be a number', text);
  if (type === 'integer' && !Number.isSafeInteger(value)) return refused('must be a whole number', text);
  if (min !== undefined && value < min) return refused(`must be at least ${min}`, text);
  if (max !== undefined && value > max) return refused(`must be at most ${max}`, text);
  // Minus zero and zero are one value.
  return { ok: true, value: value + 0 };
}

/** A JSON list, or addresses with blanks between them: a comma may be a part of one. */
function readAddresses({ min = 0, max, maxLength }: InputSpec, text: string): ReadValue {
  const parsed = text.startsWith('[') ? parse(text) : text.split(/\s+/);
  if (!Array.isArray(parsed)) return refused('must be a list of addresses', text);
  const addresses = parsed.filter((each) => typeof each === 'string').map((each) => each.trim());
  const odd = addresses.find((each) => !isAddress(each));
  if (addresses.length !== parsed.length || odd !== undefined)
    return refused('must contain only http or https addresses', odd ?? text);
  if (addresses.some((each) => each.length > (maxLength ?? Number.POSITIVE_INFINITY)))
    return refused(`must contain addresses of at most ${maxLength} characters`, text);
  if (addresses.length < min) return refused(`must contain at least ${min}`, text);
  if (max !== undefined && addresses.length > max) return refused(`must contain at most ${max}`, text);
  return { ok: true, value: addresses };
}

function readJson(text: string): ReadValue {
  const value = parse(text);
  return value === undefined ? refused('must be JSON', text) : { ok: true, value };
}

function parse(text: string): InputValue | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function within({ maxLength }: InputSpec, text: string): ReadValue {
  const length = maxLength === undefined || text.length <= maxLength ? 0 : [...text].length;
  if (maxLength === undefined || length <= maxLength) return { ok: true, value: text };
  return { ok: false, reason: `has ${length} characters; at most ${maxLength} are allowed` };
}

function isAddress(text: string): boolean {
  return /^https?:\/\/[^\s\p{Cc}]+$/iu.test(text) && URL.canParse(text);
}

function refused(reason: string, text: string): ReadValue {
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return { ok: false, reason: `${reason}, not "${shown}"` };
}
