/**
 * Draws lines over themselves at the bottom of a terminal, with other text scrolling by above. Used by the live
 * view; colours follow NO_COLOR and what the terminal can do.
 */
import { styleText } from 'node:util';
import type { LiveLine, Tone } from './live-lines.ts';

export interface LiveScreen {
  readonly columns: number;
  draw(lines: readonly LiveLine[]): void;
  /** Text that stays, above the lines. */
  above(text: string): void;
  /** Leaves the lines as they are and gives the cursor back. */
  stop(): void;
}

/** The required part of a stream, so that a test can replace a terminal. */
export type ScreenStream = NodeJS.WritableStream & { readonly columns?: number };

const styles = { plain: 'reset', good: 'green', bad: 'red', faint: 'dim' } as const satisfies Record<
  Tone,
  Parameters<typeof styleText>[0]
>;
const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const clearBelow = '\u001b[J';
const fallbackColumns = 80;

export function openLiveScreen(stream: ScreenStream): LiveScreen {
  let shown: readonly LiveLine[] = [];
  const width = () => Math.max(1, stream.columns ?? fallbackColumns);
  // A line that was drawn in a wider window has been wrapped since.
  const rowsOf = ({ text }: LiveLine) => Math.max(1, Math.ceil(text.length / width()));
  const up = () => {
    const rows = shown.reduce((sum, line) => sum + rowsOf(line), 0);
    return rows === 0 ? '' : `\u001b[${rows}A\r`;
  };
  const paint = ({ text, tone }: LiveLine) =>
    tone === 'plain' ? text : styleText(styles[tone], text, { stream });
  const render = (lines: readonly LiveLine[]) => lines.map((line) => `${paint(line)}\n`).join('');
  return {
    // The last column is left free: some terminals wrap when it is filled.
    get columns() {
      return Math.max(10, (stream.columns ?? fallbackColumns) - 1);
    },
    draw(lines) {
      stream.write(`${hideCursor}${up()}${clearBelow}${render(lines)}`);
      shown = lines;
    },
    above(text) {
      stream.write(`${up()}${clearBelow}${text}\n${render(shown)}`);
    },
    stop() {
      stream.write(showCursor);
      shown = [];
    },
  };
}
