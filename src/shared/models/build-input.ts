/**
 * The input of a task: the model's defaults, always sent, and the link. Called by the vendor client
 * alone. Documented defaults are reported not to be applied by the vendor's server, hence "always".
 */
import type { ModelDefinition } from './model-definition.ts';

/** Builds the `input` object of a create call for the link `url`. */
export function buildInput(model: ModelDefinition, url: string): Record<string, unknown> {
  return { ...model.input.defaults, [model.input.linkField]: url };
}

/** The name the vendor knows the model by. */
export function vendorModelName(model: ModelDefinition): string {
  return model.vendorModel ?? model.id;
}
