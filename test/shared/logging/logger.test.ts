import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/shared/logging/logger.ts';
import { withoutSecrets } from '../../../src/shared/logging/shown-text.ts';

describe('the logger', () => {
  it('cuts secrets out of whatever it is given', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kie-batch-log-'));
    const file = join(folder, 'logs', 'kie-batch.log');
    const secret = 'key-"with\\quotes';
    const logger = createLogger({
      level: 'info',
      format: 'json',
      file,
      isTerminal: false,
      secrets: [secret],
    });
    logger.warn(
      { err: new Error(`refused: Bearer ${secret}`), deep: { headers: { authorization: secret } } },
      secret,
    );
    const text = await readFile(file, 'utf8');
    expect(text).toContain('[secret]');
    expect(text).not.toContain(secret);
    expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
    await rm(folder, { recursive: true });
  });

  it('does not take a short word for a secret', () => {
    expect(withoutSecrets('a cat sat', ['a', 'at'])).toBe('a cat sat');
  });
});
