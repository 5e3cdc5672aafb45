/**
 * Tells a person which lines brought no link: the first of them at once, all of them in a file when there are
 * more than a terminal should show.
 */
import { join } from 'node:path';
import type { InvalidLine } from '../producer/enqueue-lists.ts';
import { collectInvalid, SHOWN_LINES } from '../producer/report-invalid.ts';
import { systemClock } from '../shared/clock.ts';
import { plural } from './format.ts';

export interface InvalidLines {
  readonly onInvalid: (line: InvalidLine) => void;
  /** Says where the rest stands. */
  finish(): void;
}

export function showInvalidLines(batch: string, dataDir: string, say: (text: string) => void): InvalidLines {
  const collector = collectInvalid({ folder: join(dataDir, 'logs'), batch, clock: systemClock });
  let shown = 0;
  return {
    onInvalid(line) {
      collector.add(line);
      shown += 1;
      if (shown <= SHOWN_LINES) say(describe(line));
    },
    finish() {
      const { count, file, fileProblem } = collector.finish();
      if (count <= SHOWN_LINES) return;
      const where = file === undefined ? `could not be written: ${fileProblem}` : file;
      say(`${plural(count, 'line')} without a usable link; the whole list: ${where}`);
    },
  };
}

function describe({ file, line, text, reason }: InvalidLine): string {
  const place = `${file === '-' ? 'standard input' : file}:${line}`;
  return `${place}: ${reason}${text === '' ? '' : ` — ${text}`}`;
}
