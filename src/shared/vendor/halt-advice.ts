/**
 * What a person can do about a halt, in one sentence each. Shown wherever a halt is: the command line, the
 * dashboard, the API and the alerts.
 */
import type { HaltReason } from '../gate-state/halt-reasons.ts';
import { shippedModel } from '../models/load-models.ts';

const speakers: Readonly<Partial<Record<HaltReason, string>>> = {
  'storage-full': 'The storage has',
  'storage-unavailable': 'The storage says',
  'results-unavailable': 'The network says',
};

/** Whose words the message of a halt is. */
export function haltSpeaker(reason: HaltReason): string {
  return speakers[reason] ?? 'The vendor says';
}

/** What to do about a halt; for a model that is known to be off it says so, and names models that work. */
export function adviceFor({ reason, model }: { reason: HaltReason; model: string | null }): string {
  const state = reason === 'model-paused' && model !== null ? shippedModel(model)?.state : undefined;
  if (state?.kind !== 'off') return haltAdvice[reason];
  return `the model is off since ${state.since}. ${state.note} Choose another with --model, such as ${state.insteadTry.join(', ')}`;
}

const haltAdvice: Readonly<Record<HaltReason, string>> = {
  unauthorized: 'check KIE_API_KEY; the key is wrong, expired or lacks permissions',
  'no-credits': 'top up the account',
  'key-limit': 'raise the key’s own cap at the vendor, or wait until its period ends',
  maintenance: 'nothing to do: kie-batch checks again automatically',
  'model-paused': 'the vendor has switched the model off; wait, or choose another with --model',
  'model-failing':
    'nothing to do: one link at a time is tried until the model works again; or choose another with --model',
  misconfigured:
    'correct the setting that the vendor names (KIE_BASE_URL, the model, an input’s value or CALLBACK_BASE_URL), then restart',
  'storage-full': 'free some disk space where STORAGE_URL points, or lower MIN_FREE_BYTES',
  'storage-unavailable': 'make STORAGE_URL reachable and writable again; no task is created until then',
  'results-unavailable':
    'check this machine’s network; the result host cannot be reached, and no task is created until it can',
};
