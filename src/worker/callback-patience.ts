/**
 * How long to wait for the callback of a create call whose answer was lost. Pure; called by the submit stage. A
 * callback arrives when its task ends, so the wait depends on the model's task durations: twice the time within which
 * 19 of 20 tasks have ended, plus a minute for the vendor's delivery attempts. While little is known, the wait is long,
 * up to the model's deadline: waiting costs a place in flight, but a repeat that is too early costs the price of a
 * task.
 */
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { statusCheckPolicy } from '../shared/policy.ts';
import type { History } from './polling/history.ts';

/** From the moment the create call left. */
export function callbackPatienceMs(
  history: History,
  { deadlineMs }: Pick<ModelDefinition, 'deadlineMs'>,
): number {
  const { timesMs, cdf } = history.withCallbacks.distribution;
  const endedMs =
    timesMs[cdf.findIndex((ended) => ended >= statusCheckPolicy.callback.endedShare)] ?? deadlineMs;
  return Math.min(
    deadlineMs,
    Math.round(statusCheckPolicy.callback.lateFactor * endedMs + statusCheckPolicy.callback.deliveryMs),
  );
}
