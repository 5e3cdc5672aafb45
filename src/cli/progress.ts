/**
 * The output while a batch runs: one live view on a terminal, a plain line now and then elsewhere. Written to standard
 * error, because standard output is for the requested output. Used by `run`, `enqueue` and `watch`.
 */
import type { Overview } from '../producer/overview.ts';
import { formatCount } from '../shared/wording/format.ts';
import { liveLines, plainLine } from './live-lines.ts';
import { openLiveScreen } from './live-screen.ts';
import type { Terminal } from './terminal.ts';

export interface Progress {
  /** How often an update is of use. */
  readonly everyMs: number;
  reading(links: number): void;
  update(overview: Overview): void;
  /** A line that stays, above the view. */
  note(text: string): void;
  stop(): void;
}

/** Lines are frequent at first, and rarer in a run of hours. */
const plainLines = { leastMs: 2000, mostMs: 60_000, shareOfElapsed: 0.1 } as const;
const drawEveryMs = 100;
const liveEveryMs = 1000;
/** More would not fit on a screen. */
const mostBatches = 5;

export function openProgress(terminal: Terminal): Progress {
  if (terminal.verbosity === 'quiet') return silentProgress;
  // Lines of a detailed log would tear the view.
  return terminal.isWatched && terminal.verbosity === 'usual'
    ? openLiveView(terminal)
    : openPlainLines(terminal);
}

const silentProgress: Progress = {
  everyMs: plainLines.leastMs,
  reading: () => undefined,
  update: () => undefined,
  note: () => undefined,
  stop: () => undefined,
};

function openLiveView(terminal: Terminal): Progress {
  const screen = openLiveScreen(process.stderr);
  let isOpen = false;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let last: Overview | null = null;
  const draw = (overview: Overview) => {
    const batches = overview.batches.slice(0, mostBatches);
    open();
    screen.draw(liveLines({ ...overview, batches }, screen.columns, Date.now()));
    drawnAt = performance.now();
  };
  const open = () => {
    if (!isOpen) terminal.divert((text) => screen.above(text));
    isOpen = true;
  };
  return {
    everyMs: liveEveryMs,
    reading(links) {
      if (performance.now() - drawnAt < drawEveryMs) return;
      drawnAt = performance.now();
      open();
      screen.draw([{ text: `Reading links: ${formatCount(links)}`, tone: 'faint' }]);
    },
    update(overview) {
      last = overview;
      if (performance.now() - drawnAt >= drawEveryMs) draw(overview);
    },
    note: (text) => terminal.say(text),
    stop() {
      if (last !== null) draw(last);
      // The number of lines read is no longer useful.
      else if (isOpen) screen.draw([]);
      terminal.divert(null);
      screen.stop();
      isOpen = false;
    },
  };
}

function openPlainLines(terminal: Terminal): Progress {
  const startedAt = performance.now();
  let lastAt = Number.NEGATIVE_INFINITY;
  let lastText = '';
  const say = (text: string) => {
    const now = performance.now();
    const { leastMs, mostMs, shareOfElapsed } = plainLines;
    const everyMs = Math.min(mostMs, Math.max(leastMs, (now - startedAt) * shareOfElapsed));
    if (text === lastText || now - lastAt < everyMs) return;
    lastAt = now;
    lastText = text;
    terminal.say(text);
  };
  return {
    everyMs: plainLines.leastMs,
    reading: (links) => say(`Reading links: ${formatCount(links)}`),
    update(overview) {
      const { batches } = overview;
      const several = batches.length > 1;
      const lines = batches.map(
        (batch) => `${several ? `${batch.name}: ` : ''}${plainLine(batch, overview)}`,
      );
      if (lines.length > 0) say(lines.join('\n'));
    },
    note: (text) => terminal.say(text),
    stop: () => undefined,
  };
}
