/**
 * The simulator's own endpoints, under /simulator: counts and settings for tests and people in other processes. No key
 * is needed, because nothing here is secret.
 */
import { z } from 'zod';
import { type Answer, jsonAnswer } from './answer.ts';
import { type SimulatorOptions, type SimulatorSettings, simulatorOptionsSchema } from './options.ts';
import { type SimulatorCounts, summarize } from './tally.ts';
import type { Vendor } from './vendor.ts';

/** The options that are fixed once it listens. */
const fixed = ['host', 'port', 'seed'] as const;

export function countsOf({ tally, tasks, settings, clock, admission, balance }: Vendor): SimulatorCounts {
  const nowMs = clock.now();
  return summarize(tally, {
    tasks,
    nowMs,
    windowMs: settings.limit.windowMs,
    otherClientAdmitted: admission.otherClientAdmitted(),
    creditsSpent: balance.spent(nowMs),
    creditsLeft: balance.left(nowMs),
  });
}

/** Changes what the patch names and nothing else. Throws a ZodError for what is no option. */
export function changeSettings(vendor: Vendor, patch: Partial<SimulatorOptions>): SimulatorSettings {
  const named = Object.keys(patch);
  const parsed = simulatorOptionsSchema.parse(patch);
  const wanted = Object.entries(parsed).filter(([name]) => named.includes(name));
  const ignored = Object.fromEntries(fixed.map((name) => [name, vendor.settings[name]]));
  vendor.settings = { ...vendor.settings, ...Object.fromEntries(wanted), ...ignored };
  if (patch.credits !== undefined) vendor.balance.set(parsed.credits, vendor.clock.now());
  return vendor.settings;
}

export function answerSettings(vendor: Vendor, bodyText: string): Answer {
  try {
    const patch = z.looseObject({}).parse(JSON.parse(bodyText));
    return jsonAnswer(changeSettings(vendor, patch));
  } catch (problem) {
    const message = problem instanceof z.ZodError ? z.prettifyError(problem) : String(problem);
    return jsonAnswer({ error: message }, 400);
  }
}
