/** A log that cannot be written loses lines and stops nothing. */
import { expect, it } from 'vitest';
import { createLogger } from '../../../src/shared/logging/logger.ts';

it('a log on a full disk throws nothing, and trouble is still shown', () => {
  const shown: string[] = [];
  const logger = createLogger({
    level: 'info',
    format: 'json',
    file: '/dev/full',
    onTrouble: (text) => shown.push(text),
    isTerminal: false,
    secrets: [],
  });
  for (let n = 0; n < 100; n += 1) logger.error('The disk is full');
  expect(shown).toHaveLength(100);
});
