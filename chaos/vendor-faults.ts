/**
 * The faults of the vendor throughout a run, in addition to the torments: shares of its answers, tasks, results and
 * callbacks.
 */
import type { FaultName } from '../src/simulator/faults.ts';

/** Weights within each place. */
const weights: readonly Readonly<Partial<Record<FaultName, number>>>[] = [
  {
    'create-answer-lost': 4,
    'create-lost': 2,
    'create-500': 2,
    'create-http-500': 1,
    'create-408': 1,
    'create-rejected': 1,
    'create-bad-gateway': 1,
    'create-html': 1,
    'create-without-id': 1,
    'create-unknown-code': 1,
    'create-older-words': 1,
    'create-id-as-record': 1,
    'create-id-as-data': 1,
    'create-id-at-top': 1,
    'create-id-hidden': 1,
    'create-504': 1,
    'create-524': 1,
    'create-field-required': 1,
    'create-slow': 3,
  },
  {
    'task-fails-500': 4,
    'task-fails-422': 2,
    'task-refused': 1,
    'task-fails-without-code': 2,
    'task-recovers': 2,
    'task-empty-result': 2,
    'task-broken-result': 2,
    'task-object-result': 1,
    'task-several-results': 2,
  },
  {
    'record-500': 2,
    'record-http-500': 1,
    'record-bad-gateway': 1,
    'record-html': 1,
    'record-429': 1,
    'record-http-429': 1,
    'record-unknown-state': 1,
    'record-null': 2,
    'record-not-found': 1,
    'record-lost': 2,
    'record-slow': 1,
  },
  {
    'result-cut': 4,
    'result-stall': 1,
    'result-html': 1,
    'result-json': 1,
    'result-wrong-type': 1,
    'result-wrong-length': 1,
    'result-no-length': 1,
    'result-truncated': 2,
    'result-expired': 2,
    'result-missing': 1,
    'result-500': 2,
    'result-redirect': 1,
    'result-range-ignored': 1,
    'result-changed': 1,
  },
  { 'callback-lost': 2, 'callback-double': 3, 'callback-early': 2 },
];

/** @param share of the occasions at each place */
export function faultRates(share: number): Partial<Record<FaultName, number>> {
  const rates: Partial<Record<FaultName, number>> = {};
  for (const place of weights) {
    const sum = Object.values(place).reduce((total, weight) => total + weight, 0);
    for (const [name, weight] of Object.entries(place) as [FaultName, number][]) {
      rates[name] = (share * weight) / sum;
    }
  }
  return rates;
}
