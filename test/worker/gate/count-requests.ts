/** Counting what reached the simulated server. */
import type { Request } from '../../../bench/gate/virtual-gate.ts';

export function acceptedBetween(requests: readonly Request[], fromMs: number, toMs: number): number {
  return requests.filter(
    ({ accepted, arrivedAtMs }) => accepted && arrivedAtMs >= fromMs && arrivedAtMs < toMs,
  ).length;
}

export function refusalsOf(requests: readonly Request[]): number {
  return requests.filter(({ accepted }) => !accepted).length;
}
