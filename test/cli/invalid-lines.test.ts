import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { showInvalidLines } from '../../src/cli/invalid-lines.ts';

let dataDir: string;
let said: string[];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'kie-batch-invalid-lines-'));
  said = [];
});

afterEach(() => rmSync(dataDir, { recursive: true }));

describe('lines that brought no link', () => {
  it('are said once for each kind, with their count and three examples', () => {
    const lines = showInvalidLines({ batch: 'b', dataDir }, (text) => said.push(text));
    for (let line = 1; line <= 5; line += 1)
      lines.onInvalid({ file: 'a.txt', line, text: `word ${line}`, reason: 'no link here' });
    lines.onInvalid({ file: '-', line: 9, text: '', reason: 'is longer than 64 KiB' });
    lines.onUnusableList('Nothing in a.txt can be used.');
    lines.finish();
    lines.finish();
    expect(said).toEqual([
      '5 lines: no link here',
      '  a.txt:1 — word 1',
      '  a.txt:2 — word 2',
      '  a.txt:3 — word 3',
      '  … and 2 more',
      'standard input:9: is longer than 64 KiB',
      'Write all of them to a file with  --problems FILE',
      'Nothing in a.txt can be used.',
    ]);
  });

  it('are in a requested file', () => {
    const file = join(dataDir, 'all.jsonl');
    const lines = showInvalidLines({ batch: 'b', dataDir, file }, (text) => said.push(text));
    lines.onInvalid({ file: 'a.txt', line: 1, text: 'x', reason: 'no link here' });
    lines.finish();
    expect(said).toEqual([
      'a.txt:1: no link here — x',
      `1 line without a usable link, all listed in ${file}`,
    ]);
  });
});
