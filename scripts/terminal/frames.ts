/**
 * What a terminal shows while text is written to it: chunks of output with their time in, still pictures out. The
 * escape sequences are xterm's business.
 */
import xterm, { type IBufferCell } from '@xterm/headless';

export interface Chunk {
  /** Since the beginning of the recording. */
  readonly atMs: number;
  readonly text: string;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export type Tone = 'plain' | 'good' | 'bad' | 'faint' | 'bold';

/** Neighbouring characters of one tone. */
export interface Run {
  readonly column: number;
  readonly text: string;
  readonly tone: Tone;
}

export interface Frame {
  readonly atMs: number;
  /** Each row of the screen, from the top; blanks are left out. */
  readonly rows: readonly (readonly Run[])[];
}

/** Chunks that come closer together are one picture: nobody sees more in so little time. */
const leastFrameMs = 120;
const [red, green] = [1, 2];

export async function framesOf(chunks: readonly Chunk[], { columns, rows }: Size): Promise<Frame[]> {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: false });
  const frames: Frame[] = [];
  for (const [index, { atMs, text }] of chunks.entries()) {
    await new Promise<void>((resolve) => terminal.write(text, resolve));
    const next = chunks[index + 1];
    if (next !== undefined && next.atMs - atMs < leastFrameMs / 4) continue;
    const frame = { atMs, rows: readRows(terminal, { columns, rows }) };
    const last = frames.at(-1);
    if (last !== undefined && atMs - last.atMs < leastFrameMs)
      frames.splice(-1, 1, { ...frame, atMs: last.atMs });
    else frames.push(frame);
  }
  terminal.dispose();
  return frames;
}

function readRows(terminal: InstanceType<typeof xterm.Terminal>, { columns, rows }: Size): Run[][] {
  const { active } = terminal.buffer;
  return Array.from({ length: rows }, (_, y) => {
    const line = active.getLine(active.viewportY + y);
    const cells = Array.from({ length: columns }, (_cell, column) => line?.getCell(column));
    return runsOf(cells.flatMap((cell, column) => (cell === undefined ? [] : [{ cell, column }])));
  });
}

function runsOf(cells: readonly { cell: IBufferCell; column: number }[]): Run[] {
  const runs: Run[] = [];
  for (const { cell, column } of cells) {
    const [text, tone] = [cell.getChars() || ' ', toneOf(cell)];
    const last = runs.at(-1);
    if (last?.tone === tone) runs.splice(-1, 1, { ...last, text: last.text + text });
    else runs.push({ column, text, tone });
  }
  return runs.map((run) => ({ ...run, text: run.text.trimEnd() })).filter(({ text }) => text !== '');
}

function toneOf(cell: IBufferCell): Tone {
  if (cell.isFgPalette() && cell.getFgColor() === green) return 'good';
  if (cell.isFgPalette() && cell.getFgColor() === red) return 'bad';
  if (cell.isDim()) return 'faint';
  return cell.isBold() ? 'bold' : 'plain';
}
