import pino from 'pino';
import { expect, test } from 'vitest';
import { createBoundedWarnings } from '../../../src/shared/logging/bounded-warnings.ts';

function setUp() {
  const lines: string[] = [];
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const logger = pino({}, { write: (line: string) => void lines.push(line) });
  return { lines, clock, warn: createBoundedWarnings({ logger, clock }) };
}

test('the same value is warned about once a minute, another at once', () => {
  const { lines, clock, warn } = setUp();
  for (const atMs of [0, 1, 59_999]) {
    clock.nowMs = atMs;
    warn('Unknown task state', 'archiving', { taskId: 't' });
  }
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 40,
    msg: 'Unknown task state',
    value: 'archiving',
    taskId: 't',
  });
  warn('Unknown task state', 'resting', {});
  clock.nowMs = 60_000;
  warn('Unknown task state', 'archiving', {});
  expect(lines).toHaveLength(3);
});

test('values that never repeat are still warned about within a bound of memory', () => {
  const { lines, warn } = setUp();
  for (let count = 0; count < 1_000; count += 1) warn('Unknown task state', `state-${count}`, {});
  expect(lines).toHaveLength(1_000);
});
