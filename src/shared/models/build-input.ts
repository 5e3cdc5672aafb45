/**
 * The input of a task: the model's defaults, always sent, the link's own inputs, and the link. Called by the vendor
 * client alone. Documented defaults are reported not to be applied by the vendor's server, hence "always".
 */
import type { Inputs } from './input-spec.ts';
import type { ModelDefinition } from './model-definition.ts';

export function buildInput(model: ModelDefinition, url: string, inputs: Inputs = {}): Inputs {
  const { linkField, linkIsList, defaults } = model.input;
  return { ...defaults, ...inputs, [linkField]: linkIsList ? [url] : url };
}

/** The name the vendor knows the model by. */
export function vendorModelName(model: ModelDefinition): string {
  return model.vendorModel ?? model.id;
}
