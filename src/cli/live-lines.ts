/**
 * The one picture of a batch under way, as lines for a terminal of any width. Pure; drawn by live-screen.ts for
 * `run` and `watch`. Never wider than the terminal, since a line that wraps cannot be drawn over.
 */
import type { Overview, SeenBatch } from '../producer/overview.ts';
import type { Rate } from '../shared/gate-state/forecast.ts';
import type { Halt } from '../shared/gate-state/halts.ts';
import { totalOf, unfinished } from '../shared/ledger/batch.ts';
import { adviceFor } from '../shared/vendor/halt-advice.ts';
import { formatCount, formatDuration } from './format.ts';
import { pauseParts } from './pause-text.ts';

export type Tone = 'plain' | 'good' | 'bad' | 'faint';

export interface LiveLine {
  readonly text: string;
  readonly tone: Tone;
}

const separator = ' · ';
const widestBar = 30;

export function liveLines(overview: Overview, columns: number, now: number): LiveLine[] {
  const lines = overview.batches.flatMap((batch) => batchLines(batch, overview, columns));
  const halts = overview.halts.flatMap((halt) =>
    wrapParts(haltParts(halt, now), columns).map((text): LiveLine => ({ text, tone: 'bad' })),
  );
  const pause = overview.vendorPause === null ? [] : pauseParts(overview.vendorPause, now);
  const paused = wrapParts(pause, columns).map((text): LiveLine => ({ text, tone: 'bad' }));
  return [...lines, ...halts, ...paused].map(({ text, tone }) => ({ text: clip(text, columns), tone }));
}

/** The same in one line, for logs and continuous integration. */
export function plainLine(batch: SeenBatch, { rate }: Pick<Overview, 'rate'>): string {
  const total = totalOf(batch.counts);
  const head = `${formatCount(total - unfinished(batch.counts))} of ${formatCount(total)} done`;
  return [head, ...stateParts(batch), ...paceParts(batch, rate)].join(', ');
}

function batchLines(batch: SeenBatch, { rate }: Overview, columns: number): LiveLine[] {
  const failures = topFailures(batch);
  const counts = wrapParts(stateParts(batch), columns).map((text): LiveLine => ({ text, tone: 'plain' }));
  const pace = wrapParts(paceParts(batch, rate), columns).map((text): LiveLine => ({ text, tone: 'faint' }));
  return [
    { text: headLine(batch, columns), tone: unfinished(batch.counts) === 0 ? 'good' : 'plain' },
    ...counts,
    ...pace,
    ...(failures === '' ? [] : [{ text: failures, tone: 'bad' } as const]),
  ];
}

function headLine(batch: SeenBatch, columns: number): string {
  const total = totalOf(batch.counts);
  const done = total - unfinished(batch.counts);
  const share = total === 0 ? 1 : done / total;
  const numbers = `${formatCount(done)}/${formatCount(total)}  ${Math.floor(share * 100)} %`;
  const room = columns - batch.name.length - numbers.length - 4;
  if (room < 5) return `${batch.name}  ${numbers}`;
  const size = Math.min(widestBar, room);
  const filled = Math.floor(share * size);
  return `${batch.name}  ${'█'.repeat(filled)}${'░'.repeat(size - filled)}  ${numbers}`;
}

export function stateParts({ counts }: Pick<SeenBatch, 'counts'>): string[] {
  const parts: [number, string][] = [
    [counts.saved, 'saved'],
    [counts.downloading, 'downloading'],
    [counts.processing + counts.submitting, 'processing'],
    [counts.queued, 'waiting'],
    [counts.failed, 'failed'],
    [counts.held, 'held'],
    [counts.cancelled, 'cancelled'],
  ];
  return parts
    .filter(([count], index) => count > 0 || index === 0)
    .map(([count, word]) => `${formatCount(count)} ${word}`);
}

export function paceParts(batch: Pick<SeenBatch, 'forecast'>, rate: Rate | null): string[] {
  const { etaMs, waitsFor } = batch.forecast;
  if (waitsFor === 'pause') return ['paused'];
  if (waitsFor === 'worker') return ['no worker is alive; start one with kie-batch worker'];
  if (waitsFor === 'halt' || etaMs === 0) return [];
  const pace =
    rate === null ? [] : [`${perMinute(rate.usedPerMinute)} of ${perMinute(rate.limitPerMinute)} a minute`];
  return etaMs === null ? pace : [...pace, `about ${formatDuration(etaMs)} left`];
}

function perMinute(value: number): string {
  return value >= 10 ? formatCount(Math.round(value)) : String(Math.round(value * 10) / 10);
}

export function topFailures({ failures }: Pick<SeenBatch, 'failures'>): string {
  const sorted = Object.entries(failures).sort(([, left], [, right]) => right - left);
  if (sorted.length === 0) return '';
  const shown = sorted.slice(0, 4).map(([reason, count]) => `${formatCount(count)} ${reason}`);
  return `failed: ${shown.join(', ')}${sorted.length > 4 ? ', …' : ''}`;
}

function haltParts(halt: Halt, now: number): string[] {
  const model = halt.model === null ? '' : ` (${halt.model})`;
  const next = Math.max(0, halt.nextProbeAt - now);
  return [
    `Halted: ${halt.reason}${model} for ${formatDuration(now - halt.since)}`,
    adviceFor(halt),
    `next look in ${formatDuration(next)}`,
  ];
}

function wrapParts(parts: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const joined = last === undefined ? part : `${last}${separator}${part}`;
    if (last !== undefined && joined.length <= columns) lines[lines.length - 1] = joined;
    else lines.push(part);
  }
  return lines;
}

function clip(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`;
}
