/**
 * Reports the lines without a link: each kind of problem once, with its count and its first lines. If there are many,
 * or on request, a file has all of them.
 */
import { join } from 'node:path';
import type { InvalidLine } from '../producer/enqueue-lists.ts';
import { collectInvalid, type InvalidReport, SHOWN_EXAMPLES } from '../producer/report-invalid.ts';
import { systemClock } from '../shared/clock.ts';
import { formatCount, plural } from '../shared/wording/format.ts';

export interface InvalidLines {
  readonly onInvalid: (line: InvalidLine) => void;
  /** A list of which nothing can be used, and what it seems to be. */
  readonly onUnusableList: (message: string) => void;
  /** To be called once all lists are read, and again after a failure: says what was found, once. */
  finish(): void;
}

export interface InvalidLinesOptions {
  readonly batch: string;
  readonly dataDir: string;
  /** `--problems FILE` */
  readonly file?: string | undefined;
}

export function showInvalidLines(
  { batch, dataDir, file }: InvalidLinesOptions,
  say: (text: string) => void,
): InvalidLines {
  const collector = collectInvalid({ folder: join(dataDir, 'logs'), batch, clock: systemClock, file });
  const unusable: string[] = [];
  let isFinished = false;
  return {
    onInvalid: collector.add,
    onUnusableList: (message) => unusable.push(message),
    finish() {
      if (isFinished) return;
      isFinished = true;
      for (const line of [...describeInvalid(collector.finish()), ...unusable]) say(line);
    },
  };
}

function describeInvalid({ count, reasons, examples, file, fileProblem }: InvalidReport): string[] {
  const lines = [...reasons].flatMap(([reason, times]) => {
    const shown = (examples.get(reason) ?? []).map(describe);
    if (times === 1) return shown.map((example) => `${example.place}: ${reason}${example.text}`);
    const rest = times > SHOWN_EXAMPLES ? [`  … and ${formatCount(times - SHOWN_EXAMPLES)} more`] : [];
    return [
      `${plural(times, 'line')}: ${reason}`,
      ...shown.map(({ place, text }) => `  ${place}${text}`),
      ...rest,
    ];
  });
  if (fileProblem !== undefined)
    lines.push(`Could not write the list of all ${formatCount(count)}: ${fileProblem}`);
  else if (file !== undefined)
    lines.push(`${plural(count, 'line')} without a usable link, all listed in ${file}`);
  else if ([...reasons.values()].some((times) => times > SHOWN_EXAMPLES))
    lines.push('Write all of them to a file with  --problems FILE');
  return lines;
}

function describe({ file, line, text }: InvalidLine): { place: string; text: string } {
  const place = `${file === '-' ? 'standard input' : file}:${line}`;
  return { place, text: text === '' ? '' : ` — ${text}` };
}
