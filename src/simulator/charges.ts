/**
 * The price of a task at the simulated vendor: by the model's definition, the input and the real length of the video,
 * unless an option or a hook overrides it. A video is only read from the simulator or from this machine's loopback;
 * every other one has the length of the option `videoSeconds`.
 */
import type { PricedInputs } from '../shared/models/price.ts';
import { needsLength, priceOf } from '../shared/models/price.ts';
import { definitionOf } from './input-rules.ts';
import { uploadedSeconds } from './uploads.ts';
import type { Vendor } from './vendor.ts';

export interface Charged {
  readonly model: string;
  readonly link: string;
  readonly input: PricedInputs;
}

/** For models without a published price. */
const unpublishedCredits = 10;

export async function creditsFor(vendor: Vendor, { model, link, input }: Charged): Promise<number> {
  const { hooks, settings } = vendor;
  const given = hooks.creditsOf?.(link) ?? settings.creditsPerTask;
  if (given !== undefined) return given;
  const definition = definitionOf(model);
  if (definition === undefined) return unpublishedCredits * settings.priceFactor;
  const inputs = { ...definition.input.defaults, ...input };
  const seconds = needsLength(definition, inputs) ? await secondsOf(vendor, link) : null;
  const listed = priceOf(definition, inputs, seconds) ?? unpublishedCredits;
  return Math.round(listed * settings.priceFactor * 1e6) / 1e6;
}

const nobodyStops = new AbortController().signal;

async function secondsOf(vendor: Vendor, link: string): Promise<number> {
  const { videoSeconds } = vendor.settings;
  const uploaded = uploadedSeconds(vendor, link);
  if (uploaded !== undefined) return uploaded ?? videoSeconds;
  const isNear = /^(127(\.\d+){3}|localhost|\[::1\])$/.test(URL.parse(link)?.hostname ?? '');
  return (isNear ? await vendor.lengths.secondsOf(link, nobodyStops) : null) ?? videoSeconds;
}
