/**
 * What the gate of queries starts from, and what it may learn. Pure. No limit is published for queries, and a sibling
 * endpoint says three a second for each task; so unless a person has set one, the start follows from how many tasks
 * there can be, and the gate finds out the rest.
 */
import type { Configuration } from '../../shared/configuration/schema.ts';
import type { GateOptions } from './gate.ts';

const queriesPerTask = 5;
const leastPerSecond = 100;
const windowMs = 1000;

export function queryGateLimit({
  QUERY_LIMIT,
  SUBMIT_LIMIT,
}: Pick<Configuration, 'QUERY_LIMIT' | 'SUBMIT_LIMIT'>): Required<Pick<GateOptions, 'limit' | 'learn'>> {
  if (QUERY_LIMIT !== 'auto') return { limit: QUERY_LIMIT, learn: 'down' };
  const perSecond = Math.ceil((queriesPerTask * SUBMIT_LIMIT.max * windowMs) / SUBMIT_LIMIT.windowMs);
  return { limit: { max: Math.max(leastPerSecond, perSecond), windowMs }, learn: 'both' };
}
