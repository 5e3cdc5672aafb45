import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InvalidLine } from '../../src/producer/enqueue-lists.ts';
import { collectInvalid, SHOWN_LINES } from '../../src/producer/report-invalid.ts';

const clock = { now: () => Date.UTC(2026, 8, 1, 12, 30, 15, 250) };

let dataDir: string;
let folder: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'kie-batch-invalid-'));
  folder = join(dataDir, 'logs');
});

afterEach(() => {
  rmSync(dataDir, { recursive: true });
});

function invalidLine(line: number, reason = 'is not valid UTF-8'): InvalidLine {
  return { file: 'links.txt', line, text: `text ${line} "ü"`, reason };
}

function collected(count: number, batch = 'links') {
  const collector = collectInvalid({ folder, batch, clock });
  for (let line = 1; line <= count; line += 1) collector.add(invalidLine(line));
  return collector.finish();
}

function linesOf(file: string | undefined): unknown[] {
  if (file === undefined) expect.fail('a file was expected');
  const lines = readFileSync(file, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line): unknown => JSON.parse(line));
}

describe('the report of lines that brought no link', () => {
  it.each([0, 1, SHOWN_LINES])('holds %i lines itself and leaves nothing behind', (count) => {
    const report = collected(count);
    expect(report).toMatchObject({ count, file: undefined, fileProblem: undefined });
    expect(report.first.map(({ line }) => line)).toEqual(
      Array.from({ length: count }, (_, index) => index + 1),
    );
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it.each([SHOWN_LINES + 1, 5_000])('writes all of %i lines to a file and keeps the first', (count) => {
    const report = collected(count);
    expect(report.count).toBe(count);
    expect(report.first).toHaveLength(SHOWN_LINES);
    expect(report.file).toBe(join(folder, 'invalid-links-20260901T123015Z.jsonl'));
    expect(linesOf(report.file)).toEqual(Array.from({ length: count }, (_, index) => invalidLine(index + 1)));
  });

  it('counts the lines of each reason, and bounds the reasons', () => {
    const collector = collectInvalid({ folder, batch: 'links', clock });
    for (let line = 1; line <= 80; line += 1) collector.add(invalidLine(line, `reason ${line % 60}`));
    const { reasons } = collector.finish();
    expect(reasons.get('reason 1')).toBe(2);
    expect(reasons.get('other')).toBe(10);
    expect([...reasons.values()].reduce((a, b) => a + b)).toBe(80);
    expect(reasons.size).toBe(51);
  });

  it('never writes over the report of another run in the same second', () => {
    const files = [collected(101).file, collected(102).file, collected(103).file];
    expect(files.map((file) => linesOf(file).length)).toEqual([101, 102, 103]);
    expect(new Set(files).size).toBe(3);
  });

  it('keeps a strange batch name inside the folder', () => {
    const { file } = collected(101, '../../etc/pass wd');
    expect(readdirSync(folder)).toEqual(['invalid-.._.._etc_pass_wd-20260901T123015Z.jsonl']);
    expect(file).toBe(join(folder, 'invalid-.._.._etc_pass_wd-20260901T123015Z.jsonl'));
  });

  it('continues counting where the file cannot be written, and says why', () => {
    writeFileSync(folder, 'a file where the folder should be');
    const report = collected(5_000);
    expect(report).toMatchObject({ count: 5_000, file: undefined });
    expect(report.first).toHaveLength(SHOWN_LINES);
    expect(report.fileProblem).toContain('EEXIST');
  });
});

describe('a report in a file that is asked for', () => {
  it('holds every line, however few, in place of an earlier one', () => {
    const file = join(dataDir, 'problems.jsonl');
    writeFileSync(file, 'old');
    const collector = collectInvalid({ folder, batch: 'links', clock, file });
    collector.add(invalidLine(1));
    collector.add(invalidLine(2));
    expect(collector.finish()).toMatchObject({ count: 2, file });
    expect(linesOf(file)).toEqual([invalidLine(1), invalidLine(2)]);
  });
});
