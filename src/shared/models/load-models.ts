/**
 * The models this process knows: the shipped ones and the user's `--model-file`s. Called once at start by
 * each command's wiring. A file that is wrong stops the start with every problem of it in one message.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { RequestError } from '../explained-error.ts';
import { DEFAULT_MODEL_ID, type ModelDefinition, modelDefinitionSchema } from './model-definition.ts';

/** A model file or name the user must correct: a usage error, with a message that says how. */
export class ModelError extends RequestError {
  readonly code: 'model-file-invalid' | 'model-unknown';

  constructor(code: ModelError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ModelError';
    this.code = code;
  }
}

export interface ModelRegistry {
  /** The model of that id; throws a ModelError that names the known ones. */
  get(id: string): ModelDefinition;
  /** All models, the default first, then in the order they were loaded. */
  list(): readonly ModelDefinition[];
}

/** One file for each of the vendor's models that accept a video: a new file here is a new model. */
const MARKET = join(import.meta.dirname, 'market');

/** Loads the shipped models and `extraFiles`; throws a ModelError on the first file that is wrong. */
export function loadModels({ extraFiles }: { extraFiles: readonly string[] }): ModelRegistry {
  const models = new Map<string, ModelDefinition>();
  for (const model of shippedModels()) add(models, model, 'shipped');
  for (const file of extraFiles) add(models, parseModel(readJson(file), file), file);
  return { get: (id) => pick(models, id), list: () => [...models.values()] };
}

let shipped: ReadonlyMap<string, ModelDefinition> | undefined;

/** The bundled definition of that id. These files are part of the program and do not change. */
export function shippedModel(id: string): ModelDefinition | undefined {
  shipped ??= new Map(shippedModels().map((model) => [model.id, model]));
  return shipped.get(id);
}

function shippedModels(): ModelDefinition[] {
  const files = readdirSync(MARKET)
    .filter((name) => name.endsWith('.json'))
    .sort();
  const models = files.map((name) => parseModel(readJson(join(MARKET, name)), name));
  return [...models.filter(isDefault), ...models.filter((model) => !isDefault(model))];
}

function isDefault({ id }: ModelDefinition): boolean {
  return id === DEFAULT_MODEL_ID;
}

/** Checks one definition; `source` names it in the error. */
export function parseModel(definition: unknown, source: string): ModelDefinition {
  const result = modelDefinitionSchema.safeParse(definition);
  if (result.success) return result.data;
  const problems = z.prettifyError(result.error);
  throw new ModelError(
    'model-file-invalid',
    `${source} is not a valid model definition:\n${problems}\nSee docs/models.md for the fields.`,
  );
}

function readJson(file: string): unknown {
  try {
    // A file saved by an editor that writes a byte-order mark is still a good file.
    return JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new ModelError('model-file-invalid', `${file} cannot be read as JSON: ${detail}`, { cause });
  }
}

function add(models: Map<string, ModelDefinition>, model: ModelDefinition, source: string): void {
  if (models.has(model.id)) {
    const advice = `give yours another id and set "vendorModel": "${model.vendorModel ?? model.id}"`;
    throw new ModelError('model-file-invalid', `${source}: the model ${model.id} already exists; ${advice}.`);
  }
  models.set(model.id, model);
}

function pick(models: ReadonlyMap<string, ModelDefinition>, id: string): ModelDefinition {
  const model = models.get(id);
  if (model !== undefined) return model;
  const known = [...models.keys()].join(', ');
  throw new ModelError(
    'model-unknown',
    `There is no model "${id}". Known: ${known}. Add one with --model-file.`,
  );
}
