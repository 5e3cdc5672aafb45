/**
 * Tells a person which lines brought no link, without flooding the terminal: the first of them are shown,
 * the rest is counted.
 */
import type { InvalidLine } from '../producer/enqueue-lists.ts';

const mostShown = 100;

export function createInvalidLines(say: (text: string) => void): (line: InvalidLine) => void {
  let count = 0;
  return ({ file, line, text, reason }) => {
    count += 1;
    if (count <= mostShown)
      say(`${file === '-' ? 'standard input' : file}:${line}: ${reason}${text ? ` — ${text}` : ''}`);
    if (count === mostShown + 1) say(`… and more lines without a usable link; they are counted, not shown.`);
  };
}
