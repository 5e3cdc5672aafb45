/**
 * How long the callback of a create call whose answer was lost is waited for. Pure; asked by the submit stage.
 * A callback comes when its task ends, so the wait follows from how long tasks of the model take: twice the time
 * within which 19 of 20 have ended, and a minute for the vendor's tries to deliver it. While little is known
 * that is long, up to the model's deadline, since waiting costs a place in flight and repeating too early costs
 * the task's price.
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
