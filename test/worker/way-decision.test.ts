/** By which way a result is fetched next: the pure decision. */
import { describe, expect, it } from 'vitest';
import { afterMintFailed, describeKept, isGone, nextWay } from '../../src/worker/way-decision.ts';

const recorded = { url: 'https://host/a', recorded: 'https://host/a', isReadAgain: false };
const result = { kind: 'result-url', ...recorded } as const;
const minted = { kind: 'minted-url', ...recorded, url: 'https://host/m', mintedAt: 0 } as const;
const again = { kind: 'record-again', ...recorded, isReadAgain: true } as const;
const dead = { kind: 'expired', httpStatus: 403 } as const;
const wrong = { kind: 'invalid', message: 'an HTML page' } as const;
const cut = { kind: 'retry', message: 'cut', gainedBytes: 0 } as const;
const full = { kind: 'storage-full', freeBytes: 0, neededBytes: 1 } as const;
const refused = { kind: 'refused', message: 'a private address' } as const;
const away = { kind: 'host-unavailable', message: 'refused', answered: false } as const;
const minute = 60_000;

describe('the next way to a result', () => {
  it.each([
    ['a dead result URL: a link is minted', result, dead, 0, 0, 'mint'],
    ['another URL of the record that is dead too', again, dead, 0, 0, 'mint'],
    ['a minted link that is dead: the record is read again', minted, dead, 0, minute, 'read-again'],
    ['a minted link past its time: another is minted', minted, dead, 0, 16 * minute, 'mint'],
    ['a minted link to the end of its time', { ...minted, mintedAt: 1 }, dead, 0, 15 * minute, 'read-again'],
    ['a minted link at the end of its time', { ...minted, mintedAt: 1 }, dead, 0, 15 * minute + 1, 'mint'],
    ['a minted link of unknown age', { ...minted, mintedAt: undefined }, dead, 0, 60 * minute, 'read-again'],
    ['a host that alone is not reached, again', result, away, 1, 0, 'mint'],
    ['a host that alone is not reached, for the first time', result, away, 0, 0, null],
    ['a minted link, the record read already', { ...minted, isReadAgain: true }, dead, 0, 0, null],
    ['a wrong file for the first time', result, wrong, 0, 0, null],
    ['a wrong file again', result, wrong, 1, 0, 'mint'],
    ['a wrong file behind a minted link', minted, wrong, 1, 0, 'read-again'],
    ['a URL that is not allowed', result, refused, 0, 0, 'mint'],
    ['a cut', result, cut, 5, 0, null],
    ['a cut of a minted link, which is kept', minted, cut, 5, 16 * minute, null],
    ['a full disk', result, full, 0, 0, null],
  ] as const)('%s', (_, way, reply, tries, now, expected) => {
    expect(nextWay(way, reply, tries, now)).toBe(expected);
  });

  it('is the record where no link is minted, unless it was read already', () => {
    expect(afterMintFailed(result)).toBe('read-again');
    expect(afterMintFailed(again)).toBeNull();
  });

  it('is nowhere once the vendor has kept the file for 14 days', () => {
    const fortnightMs = 14 * 24 * 60 * minute;
    expect([isGone(1, fortnightMs), isGone(1, fortnightMs + 1)]).toEqual([false, true]);
    expect(isGone(null, 2 * fortnightMs)).toBe(false);
  });

  it('names the day until which the file is kept', () => {
    const completedAt = Date.UTC(2026, 10, 1, 12);
    expect(describeKept('clips', completedAt, completedAt)).toMatch(
      /until 2026-11-15 12:00 UTC, and kie-batch retry clips/,
    );
    expect(describeKept('clips', completedAt, Date.UTC(2026, 11, 1))).toMatch(
      /only a new paid task can produce it/,
    );
    expect(describeKept('clips', null, 0)).toBe('');
  });
});
