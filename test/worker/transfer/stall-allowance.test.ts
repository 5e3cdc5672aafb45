import { expect, test } from 'vitest';
import { createStallAllowance } from '../../../src/worker/transfer/stall-allowance.ts';

const rules = { lowestBytesPerSecond: 1000, stallWindowMs: 10_000 };

test('silence for longer than the window is a stall', () => {
  const allowance = createStallAllowance(rules);
  allowance.waitFrom(0);
  expect(allowance.isStalled(10_000)).toBe(false);
  expect(allowance.isStalled(10_001)).toBe(true);
});

test('a trickle below the lowest speed is a stall in the end', () => {
  const allowance = createStallAllowance(rules);
  let now = 0;
  while (!allowance.isStalled(now) && now < 60_000) {
    allowance.waitFrom(now);
    now += 1000;
    allowance.received(500, now);
  }
  expect(now).toBe(21_000);
});

test('a transfer at the lowest speed or above never stalls', () => {
  const allowance = createStallAllowance(rules);
  for (let now = 0; now < 1_000_000; now += 5000) {
    allowance.waitFrom(now);
    expect(allowance.isStalled(now + 5000)).toBe(false);
    allowance.received(5000, now + 5000);
  }
});

test('time in which the transfer itself holds back does not count', () => {
  const allowance = createStallAllowance(rules);
  allowance.waitFrom(0);
  allowance.received(1, 100);
  expect(allowance.isStalled(1_000_000)).toBe(false);
  allowance.waitFrom(1_000_000);
  expect(allowance.isStalled(1_005_000)).toBe(false);
});

test('bytes without a wait earn time, and none is used up between two waits', () => {
  const allowance = createStallAllowance(rules);
  allowance.waitFrom(0);
  allowance.received(1000, 9000);
  allowance.received(3000, 500_000);
  expect(allowance.isStalled(600_000)).toBe(false);
  allowance.waitFrom(600_000);
  expect(allowance.isStalled(605_000)).toBe(false);
  expect(allowance.isStalled(605_001)).toBe(true);
});

test('speed at the beginning is no credit for silence later', () => {
  const allowance = createStallAllowance(rules);
  allowance.waitFrom(0);
  allowance.received(1_000_000_000, 100);
  allowance.waitFrom(100);
  expect(allowance.isStalled(10_200)).toBe(true);
});
