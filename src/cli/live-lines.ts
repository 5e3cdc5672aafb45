/**
 * The live view of a batch, as lines for a terminal of any width. Pure; drawn by live-screen.ts for `run` and `watch`.
 * Never wider than the terminal, because a wrapped line cannot be overwritten.
 */
import type { Overview, SeenBatch } from '../producer/overview.ts';
import type { Halt } from '../shared/gate-state/halts.ts';
import { totalOf, unfinished } from '../shared/ledger/batch.ts';
import { adviceFor } from '../shared/vendor/halt-advice.ts';
import { formatCount, formatDuration, roughly } from '../shared/wording/format.ts';
import { explain } from '../shared/wording/situation-words.ts';

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
  return [...lines, ...halts].map(({ text, tone }) => ({ text: clip(text, columns), tone }));
}

/** The same in one line, for logs and continuous integration. */
export function plainLine(batch: SeenBatch, overview: Pick<Overview, 'rate' | 'at'>): string {
  const total = totalOf(batch.counts);
  const head = `${formatCount(total - open(batch))} of ${formatCount(total)} done`;
  return [head, ...stateParts(batch), ...paceParts(batch, overview)].join(', ');
}

function batchLines(batch: SeenBatch, overview: Overview, columns: number): LiveLine[] {
  const failures = topFailures(batch);
  const counts = wrapParts(stateParts(batch), columns).map((text): LiveLine => ({ text, tone: 'plain' }));
  const tone = batch.situation.kind === 'running' ? 'faint' : 'bad';
  const pace = wrapParts(paceParts(batch, overview), columns).map((text): LiveLine => ({ text, tone }));
  return [
    { text: headLine(batch, columns), tone: open(batch) === 0 ? 'good' : 'plain' },
    ...counts,
    ...pace,
    ...(failures === '' ? [] : [{ text: failures, tone: 'bad' } as const]),
  ];
}

/** Links that have not ended; held ones wait for a person. */
function open({ counts }: Pick<SeenBatch, 'counts'>): number {
  return unfinished(counts) + counts.held;
}

function headLine(batch: SeenBatch, columns: number): string {
  const total = totalOf(batch.counts);
  const done = total - open(batch);
  const share = total === 0 ? 1 : done / total;
  const numbers = `${formatCount(done)}/${formatCount(total)}  ${Math.floor(share * 100)} %`;
  const room = columns - batch.name.length - numbers.length - 4;
  if (room < 5) return `${batch.name}  ${numbers}`;
  const size = Math.min(widestBar, room);
  const filled = Math.floor(share * size);
  return `${batch.name}  ${'█'.repeat(filled)}${'░'.repeat(size - filled)}  ${numbers}`;
}

function stateParts({ counts }: Pick<SeenBatch, 'counts'>): string[] {
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

/** How fast and how long, or why nothing moves. */
export function paceParts(
  { name, situation, etaMs }: Pick<SeenBatch, 'name' | 'situation' | 'etaMs'>,
  { rate, at }: Pick<Overview, 'rate' | 'at'>,
): string[] {
  if (situation.kind === 'ended' || situation.kind === 'empty') return [];
  if (situation.kind !== 'running') return [explain(situation, at, name).why];
  const pace =
    rate === null ? [] : [`${perMinute(rate.usedPerMinute)} of ${perMinute(rate.limitPerMinute)} a minute`];
  return etaMs === null ? pace : [...pace, `${roughly(etaMs)} left`];
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
    `next check in ${formatDuration(next)}`,
  ];
}

/** Breaks between the parts, and within one that is longer than a line between its words. */
function wrapParts(parts: readonly string[], columns: number): string[] {
  return wrap(
    parts.flatMap((part) => (part.length <= columns ? [part] : wrap(part.split(' '), ' ', columns))),
    separator,
    columns,
  );
}

function wrap(pieces: readonly string[], between: string, columns: number): string[] {
  const lines: string[] = [];
  for (const piece of pieces) {
    const last = lines.at(-1);
    const joined = last === undefined ? piece : `${last}${between}${piece}`;
    if (last !== undefined && joined.length <= columns) lines[lines.length - 1] = joined;
    else lines.push(piece);
  }
  return lines;
}

function clip(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`;
}
