/**
 * Validates the input of a create call like the vendor, by the definitions of its models: every model with a definition
 * is also known here. Optional fields are optional, whatever kie-batch makes of them. A model without a definition, as
 * in some tests, accepts any input with a video. Pure.
 */
import type { InputSpec } from '../shared/models/input-spec.ts';
import { loadModels } from '../shared/models/load-models.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';

export interface Objection {
  readonly code: number;
  readonly msg: string;
}

export type TaskInput = Readonly<Record<string, unknown>>;

export const definitions: readonly ModelDefinition[] = loadModels({ extraFiles: [] }).list();
const shipped = new Map(definitions.map((model) => [model.id, model]));
export const knownModels: readonly string[] = [...shipped.keys()];
const anyField = 'video_url';

export function definitionOf(model: string): ModelDefinition | undefined {
  return shipped.get(model);
}

/** The address of the video in an input; of several the first. */
export function videoIn(model: string, input: TaskInput): string {
  const { linkField = anyField, linkIsList = false } = shipped.get(model)?.input ?? {};
  const value = input[linkField];
  return String(linkIsList && Array.isArray(value) ? value[0] : value);
}

/** The vendor's message, as far as it was seen; undefined for a valid input. */
export function inputObjection(model: string, input: TaskInput): Objection | undefined {
  const definition = shipped.get(model);
  if (definition === undefined) return missing(anyField, input);
  const { linkField } = definition.input;
  return (
    missing(linkField, input) ??
    videoObjection(definition, input) ??
    first(Object.entries(definition.inputs), ([name, spec]) => valueObjection(name, spec, input))
  );
}

function videoObjection({ input: { linkField, linkIsList }, link }: ModelDefinition, input: TaskInput) {
  const value = input[linkField];
  const links: unknown[] = linkIsList && Array.isArray(value) ? value : [value];
  if (linkIsList && !Array.isArray(value)) return objection(500, `${linkField} must be an array`);
  if (links.some((each) => typeof each !== 'string' || each.length > link.maxLength))
    return objection(422, `${linkField} must be at most ${link.maxLength} characters`);
  const { hosts } = link;
  const isElsewhere = (each: unknown) =>
    hosts !== 'any' && !hosts.some((host) => String(each).startsWith(`https://${host}/`));
  return links.some(isElsewhere) ? objection(422, `${linkField} must start with ${hosts}`) : undefined;
}

function valueObjection(name: string, spec: InputSpec, input: TaskInput): Objection | undefined {
  const value = input[name];
  if (spec.required) {
    const lacking = missing(name, input);
    if (lacking !== undefined) return lacking;
  }
  if (value === undefined || value === null || value === '') return undefined;
  if (spec.values !== undefined && !spec.values.some((each) => each === value))
    return objection(500, `${name} is not within the range of allowed options`);
  if (spec.type === 'boolean' && typeof value !== 'boolean')
    return objection(422, `${name} must be a boolean`);
  if (spec.type === 'urls' && !Array.isArray(value)) return objection(500, `${name} must be an array`);
  const size = sizeOf(spec, value);
  if (size !== undefined && (size < (spec.min ?? size) || size > (spec.max ?? size)))
    return objection(500, 'Value must be within the specified range');
  if (typeof value === 'string' && value.length > (spec.maxLength ?? value.length))
    return objection(422, `${name} must be at most ${spec.maxLength} characters`);
  return undefined;
}

function sizeOf(spec: InputSpec, value: unknown): number | undefined {
  if (Array.isArray(value)) return value.length;
  return spec.type === 'integer' || spec.type === 'number' ? Number(value) : undefined;
}

function missing(name: string, input: TaskInput): Objection | undefined {
  const value = input[name] ?? '';
  const isEmpty = value === '' || (Array.isArray(value) && value.length === 0);
  return isEmpty ? objection(500, `${name} is required`) : undefined;
}

function objection(code: number, msg: string): Objection {
  return { code, msg };
}

function first<Each>(values: readonly Each[], look: (value: Each) => Objection | undefined) {
  for (const value of values) {
    const found = look(value);
    if (found !== undefined) return found;
  }
  return undefined;
}
