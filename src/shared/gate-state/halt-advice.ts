/**
 * What a person can do about a halt, in one sentence each. Shown wherever a halt is: the command line, the
 * dashboard, the API and the alerts.
 */
import type { HaltReason } from './halt-reasons.ts';

/** Whose words the message of a halt is. */
export function haltSpeaker(reason: HaltReason): string {
  return reason === 'storage-full' ? 'The storage has' : 'The vendor says';
}

export const haltAdvice: Readonly<Record<HaltReason, string>> = {
  unauthorized: 'check KIE_API_KEY; the key is wrong, expired or lacks the right',
  'no-credits': 'top up the account',
  'key-limit': 'raise the key’s own cap at the vendor, or wait until its period ends',
  maintenance: 'nothing to do: the vendor is asked again by itself',
  'model-paused': 'the vendor has switched the model off; wait, or choose another with --model',
  misconfigured: 'check KIE_BASE_URL and the model’s name, then start again',
  'storage-full': 'free some disk space where STORAGE_URL points, or lower MIN_FREE_BYTES',
};
