/** A model in words, from its definition: for `kie-batch models`, docs/models.md and the form of a new batch. Pure. */
import type { InputSpec } from '../models/input-spec.ts';
import type { ModelDefinition } from '../models/model-definition.ts';
import { statedPrice } from '../models/price.ts';
import { formatBytes } from './format.ts';
import { priceSource, viewPriceSource } from './price-source.ts';

/** As "8 credits a second; upscale_factor 4: 14 (the model’s definition, as of 28 September 2026)". */
export function priceText(model: ModelDefinition, now: number): string {
  const price = statedPrice(model);
  if (price === null) return 'unknown: the first task will show it';
  const exceptions = Object.entries(price.by).flatMap(([input, values]) =>
    Object.entries(values).map(([value, credits]) => `${input} ${value}: ${credits}`),
  );
  return `${[`${price.credits} credits a ${price.unit}`, ...exceptions].join('; ')} (${priceSource(model, now)})`;
}

/** As "mp4 or mov, at most 50 MiB, 2 to 10 s". */
export function videoText({ video, link }: ModelDefinition): string {
  const { kinds, maxBytes, minSeconds, maxSeconds } = video;
  const hosts =
    link.hosts === 'any' ? 'a video (any https link or a file)' : `links to ${link.hosts.join(', ')}`;
  const length =
    minSeconds === undefined && maxSeconds === undefined
      ? []
      : [`${minSeconds ?? 0} to ${maxSeconds ?? '…'} s`];
  return [
    hosts,
    ...(kinds.length === 0 ? [] : [kinds.join(' or ')]),
    ...(maxBytes === undefined ? [] : [`at most ${limitText(maxBytes)}`]),
    ...length,
  ].join(', ');
}

/** Limits are written as they are defined: 50 MiB, not 52.4 MB. */
function limitText(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  return Number.isInteger(mebibytes) ? `${mebibytes} MiB` : formatBytes(bytes);
}

export function typeText(spec: InputSpec): string {
  const { type, values = [], min, max, maxLength } = spec;
  switch (type) {
    case 'enum':
      return values.join(', ');
    case 'integer':
    case 'number':
      return [type === 'integer' ? 'whole number' : 'number', rangeText(min, max)].filter(Boolean).join(' ');
    case 'boolean':
      return 'true or false';
    case 'url':
      return 'an address (https://…)';
    case 'urls':
      return ['addresses', rangeText(min, max)].filter(Boolean).join(', ');
    case 'json':
      return 'JSON';
    case 'string':
      return maxLength === undefined ? 'text' : `text, at most ${maxLength} characters`;
    default:
      return type satisfies never;
  }
}

export function necessityText({ required, default: value }: InputSpec): string {
  if (required) return 'required';
  return value === undefined ? '' : `default ${typeof value === 'string' ? value : JSON.stringify(value)}`;
}

/** Null for a model of which nothing but good is known. */
export function offText({ state }: Pick<ModelDefinition, 'state'>): string | null {
  if (state.kind === 'live') return null;
  const instead = state.insteadTry.length === 0 ? '' : ` Models that work: ${state.insteadTry.join(', ')}.`;
  return `Off since ${state.since}. ${state.note}${instead}`;
}

function rangeText(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return min === max ? `exactly ${min}` : `${min} to ${max}`;
  if (min !== undefined) return `at least ${min}`;
  return max === undefined ? '' : `at most ${max}`;
}

/** Everything about one model, for people. `probed` is the vendor's answer, null without a probe. */
export function describeModel(model: ModelDefinition, probed: string | null, now: number): string {
  const off = offText(model);
  const inputs = Object.entries(model.inputs).map(([name, spec]) => {
    const details = [typeText(spec), necessityText(spec)].filter(Boolean).join('; ');
    return `  ${name}: ${details}${spec.description === '' ? '' : `\n      ${spec.description}`}`;
  });
  return [
    model.id,
    `  ${model.title}`,
    ...(off === null ? [] : [`  ${off}`]),
    `  accepts ${videoText(model)}, as ${model.input.linkField}`,
    `  price   ${priceText(model, now)}`,
    ...(probed === null ? [] : [`  now     ${probed}`]),
    inputs.length === 0
      ? '  no other inputs'
      : 'Inputs, for all links with --set, or for each link in a column of that name:',
    ...inputs,
  ].join('\n');
}

/** One model as `--json` has it. */
export function modelView(model: ModelDefinition, probed: string | null, now: number): object {
  const { id, title, link, video, input, inputs, state } = model;
  return {
    id,
    title,
    state,
    probe: probed,
    hosts: link.hosts,
    video,
    videoField: input.linkField,
    videoFieldIsList: input.linkIsList,
    price: statedPrice(model),
    priceSource: viewPriceSource(model, now),
    inputs: Object.entries(inputs).map(([name, spec]) => ({ name, ...spec })),
  };
}
