/**
 * What a person sees while a batch runs: one calm bar on a terminal, a plain line now and then elsewhere.
 * Written to standard error. Reads a picture of the batch and never asks Redis itself.
 */
import { SingleBar } from 'cli-progress';
import type { Batch } from '../shared/ledger/batch.ts';
import { totalOf, unfinished } from '../shared/ledger/batch.ts';
import { formatCount } from './format.ts';
import type { Terminal } from './terminal.ts';

export interface Progress {
  reading(links: number): void;
  update(batch: Batch): void;
  /** A line that stays, above the bar. */
  note(text: string): void;
  stop(): void;
}

/** Lines come quickly at first and further apart in a run of hours. */
const plainLines = { leastMs: 2000, mostMs: 60_000, shareOfElapsed: 0.1 } as const;

export function openProgress(terminal: Terminal): Progress {
  return terminal.isWatched ? openBar(terminal) : openPlainLines(terminal);
}

function openBar(terminal: Terminal): Progress {
  const bar = new SingleBar({
    format: '{bar} {value}/{total}  {state}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: false,
    stopOnComplete: false,
    autopadding: true,
    stream: process.stderr,
  });
  let started = false;
  const start = (total: number, value: number, state: string) => {
    bar.start(total, value, { state });
    started = true;
    terminal.divert(note);
  };
  const stop = () => {
    if (started) bar.stop();
    started = false;
    terminal.divert(null);
  };
  const note = (text: string) => {
    stop();
    terminal.say(text);
  };
  const show = (total: number, value: number, state: string) => {
    if (!started) start(total, value, state);
    bar.setTotal(total);
    bar.update(value, { state });
  };
  return {
    reading: (links) => show(links, 0, 'reading links'),
    update: (batch) =>
      show(totalOf(batch.counts), totalOf(batch.counts) - unfinished(batch.counts), describe(batch)),
    note,
    stop,
  };
}

function openPlainLines(terminal: Terminal): Progress {
  const startedAt = performance.now();
  let lastAt = Number.NEGATIVE_INFINITY;
  let lastLine = '';
  const line = (text: string) => {
    const now = performance.now();
    const { leastMs, mostMs, shareOfElapsed } = plainLines;
    const everyMs = Math.min(mostMs, Math.max(leastMs, (now - startedAt) * shareOfElapsed));
    if (text === lastLine || now - lastAt < everyMs) return;
    lastAt = now;
    lastLine = text;
    terminal.say(text);
  };
  return {
    reading: (links) => line(`Reading links: ${formatCount(links)}`),
    update: (batch) => {
      const total = totalOf(batch.counts);
      line(
        `${formatCount(total - unfinished(batch.counts))} of ${formatCount(total)} done, ${describe(batch)}`,
      );
    },
    note: (text) => terminal.say(text),
    stop: () => undefined,
  };
}

function describe({ counts }: Batch): string {
  const parts: [number, string][] = [
    [counts.saved, 'saved'],
    [counts.downloading, 'downloading'],
    [counts.processing + counts.submitting, 'processing'],
    [counts.queued, 'waiting'],
    [counts.failed, 'failed'],
    [counts.held, 'held'],
    [counts.cancelled, 'cancelled'],
  ];
  const shown = parts.filter(([count], index) => count > 0 || index === 0);
  return shown.map(([count, word]) => `${formatCount(count)} ${word}`).join(', ');
}
