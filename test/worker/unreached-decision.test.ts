/** Whether a result that was not reached is an outage or the link's own trouble: the pure decision. */
import { describe, expect, it } from 'vitest';
import { afterUnreached, type Reach } from '../../src/worker/unreached-decision.ts';

const rules = {
  mostTries: 8,
  mostInvalid: 4,
  mostRounds: 5,
  backoff: { firstMs: 1000, mostMs: 60_000 },
  roundBackoff: { firstMs: 5000, mostMs: 60_000 },
  isGone: false,
  kept: '',
  reserveBytes: 0,
};
const first: Reach = {
  url: 'https://host/a',
  times: 1,
  reached: 7,
  links: 1,
  othersReached: false,
  haltedMs: null,
};
const minute = 60_000;

describe('a host of results that was not reached', () => {
  it.each([
    ['once: the same again, unpaid by a try', {}, false, 'download-again'],
    ['twice, with nobody fetching anything', { times: 2 }, false, 'download-again'],
    ['three times, with nobody fetching anything', { times: 3 }, false, 'halt'],
    ['by five links in a row', { links: 5 }, false, 'halt'],
    ['by four links in a row', { links: 4 }, false, 'download-again'],
    ['while others are', { othersReached: true, times: 1 }, false, null],
    ['while others are, whatever the halt says', { othersReached: true, haltedMs: 5000 }, true, null],
    ['in the halt', { haltedMs: minute, links: 9, times: 9 }, true, 'download-again'],
    ['in the halt, long, and not even a connection', { haltedMs: 60 * minute }, false, 'download-again'],
    ['in the halt, long, by several', { haltedMs: 60 * minute, links: 2 }, true, 'download-again'],
    [
      'in the halt, not long yet, by one that the host refuses',
      { haltedMs: 15 * minute - 1 },
      true,
      'download-again',
    ],
    ['refused by the host, without a halt', {}, true, 'download-again'],
    ['in the halt, long, by one that the host refuses', { haltedMs: 15 * minute }, true, null],
  ] as const)('%s', (_, changes, answered, expected) => {
    const reply = { kind: 'host-unavailable', message: 'refused', answered } as const;
    const step = afterUnreached(reply, { ...first, ...changes }, 4, rules, 0);
    expect(step?.kind ?? null).toBe(expected);
    if (step?.kind === 'download-again')
      expect(step).toMatchObject({ tries: 4, refresh: false, unreached: { reached: 7 } });
    if (step?.kind === 'halt')
      expect(step).toMatchObject({
        reason: 'results-unavailable',
        target: first.url,
        unreached: { times: changes && 'times' in changes ? changes.times : 1, reached: 7 },
      });
  });

  it('is never asked sooner than it wishes', () => {
    const reply = { kind: 'host-unavailable', message: '', answered: true, retryAfterMs: 90_000 } as const;
    expect(afterUnreached(reply, first, 0, rules, 0)).toMatchObject({ delayMs: 90_000 });
    expect(afterUnreached(reply, { ...first, times: 3 }, 0, rules, 0)).toMatchObject({ delayMs: 90_000 });
  });
});
