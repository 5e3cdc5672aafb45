/** docs/commands.md says what the commands say of themselves. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { commandsDocument } from '../../scripts/commands-document.ts';

it('docs/commands.md follows from the definitions of the commands (npm run docs)', async () => {
  expect(await readFile('docs/commands.md', 'utf8')).toBe(await commandsDocument());
});
