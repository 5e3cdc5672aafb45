/**
 * The inputs of an item as they lie in Redis: nothing for an item without any; a reference for what all links of a
 * batch share, which its hash holds once; compact JSON for the item's own. Pure. A text longer than 64 bytes would
 * make Redis keep the whole record in its large form, so the scripts store one of up to four such parts as parts.
 */
import { createHash } from 'node:crypto';
import type { Inputs } from '../models/input-spec.ts';
import { canonicalInputs } from '../models/resolve-inputs.ts';

/** In the order of the parts. The scripts name them too. */
export const inputLetters = ['I', 'J', 'K', 'L'] as const;

export interface SharedInputs {
  /** Names them in their batch. */
  readonly reference: string;
  readonly text: string;
  readonly inputs: Inputs;
}

const REFERENCE = /^#([0-9a-f]{8})/;

/** Null when there are none. */
export function sharedInputs(inputs: Inputs): SharedInputs | null {
  const text = canonicalInputs(inputs);
  if (text === '{}') return null;
  return { reference: createHash('sha256').update(text).digest('hex').slice(0, 8), text, inputs };
}

/** The field of a batch's hash under which shared inputs lie. */
export function sharedField(reference: string): string {
  return `inputs:${reference}`;
}

/** @param inputs all of the item's; a reference replaces `shared` if all of it applies */
export function packInputs(inputs: Inputs, shared: SharedInputs | null): string {
  const names = Object.keys(inputs);
  if (names.length === 0) return '';
  const isWithin =
    shared !== null && Object.keys(shared.inputs).every((name) => isEqual(name, inputs, shared));
  if (!isWithin) return canonicalInputs(inputs);
  const own = names.filter((name) => !(name in shared.inputs)).map((name) => [name, inputs[name]]);
  return `#${shared.reference}${own.length === 0 ? '' : canonicalInputs(Object.fromEntries(own))}`;
}

/** The reference in a stored text, if there is one. */
export function referenceIn(text: string): string | null {
  return REFERENCE.exec(text)?.[1] ?? null;
}

/** @param shared the text that the batch holds under the reference */
export function unpackInputs(text: string, shared: string | null): Inputs {
  const own = text.replace(REFERENCE, '');
  return { ...parsed(shared ?? ''), ...parsed(own) };
}

function parsed(text: string): Inputs {
  if (text === '') return {};
  const value: unknown = JSON.parse(text);
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Inputs {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEqual(name: string, inputs: Inputs, shared: SharedInputs): boolean {
  return name in inputs && JSON.stringify(inputs[name]) === JSON.stringify(shared.inputs[name]);
}
