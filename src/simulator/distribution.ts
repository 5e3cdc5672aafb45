/**
 * Durations: the written forms (`2s`, `1s-3s`, `lognormal:5s,0.6`) and a pure sample from each. Used for task times and
 * for the delays of the simulated network. All results are milliseconds.
 */

export type Distribution =
  | { readonly kind: 'fixed'; readonly ms: number }
  | { readonly kind: 'uniform'; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'exponential'; readonly meanMs: number }
  | {
      readonly kind: 'bimodal';
      readonly shortMs: number;
      readonly longMs: number;
      readonly shortShare: number;
    }
  | { readonly kind: 'lognormal'; readonly medianMs: number; readonly sigma: number };

export const distributionForms =
  '`2s`, `1s-3s` (uniform), `exponential:5s` (mean), `bimodal:2s,30s,0.8` (short, long, share of the short), `lognormal:5s,0.6` (median, sigma)';

const millisecondsPerUnit: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of `250ms`, `2s`, `1.5m`, `1h` or a bare number of milliseconds; NaN for anything else. */
export function parseDurationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text.trim());
  return Number(match?.[1] ?? Number.NaN) * (millisecondsPerUnit[match?.[2] ?? 'ms'] ?? Number.NaN);
}

export function parseDistribution(text: string): Distribution | null {
  const [, name, rest = ''] = /^(?:([a-z]+):)?(.*)$/.exec(text.trim()) ?? [];
  const kind = name ?? (rest.includes('-') ? 'uniform' : 'fixed');
  const distribution = build(kind, rest.split(kind === 'uniform' ? '-' : ','));
  return distribution && Object.values(distribution).every((value) => !Number.isNaN(value))
    ? distribution
    : null;
}

const partsOf: Record<string, number> = { fixed: 1, uniform: 2, exponential: 1, bimodal: 3, lognormal: 2 };

function build(kind: string, parts: readonly string[]): Distribution | null {
  const [first = '', second = '', third = ''] = parts;
  if (partsOf[kind] !== parts.length) return null;
  const firstMs = parseDurationMs(first);
  if (kind === 'fixed') return { kind, ms: firstMs };
  if (kind === 'uniform') return { kind, fromMs: firstMs, toMs: parseDurationMs(second) };
  if (kind === 'exponential') return { kind, meanMs: firstMs };
  if (kind === 'lognormal') return { kind, medianMs: firstMs, sigma: parseShare(second) };
  const modes = { shortMs: firstMs, longMs: parseDurationMs(second) };
  return { kind: 'bimodal', ...modes, shortShare: parseShare(third) };
}

function parseShare(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

/** One sample in milliseconds from two independent draws in [0, 1). */
export function sampleMs(distribution: Distribution, draw: number, secondDraw: number): number {
  switch (distribution.kind) {
    case 'fixed':
      return distribution.ms;
    case 'uniform':
      return distribution.fromMs + draw * (distribution.toMs - distribution.fromMs);
    case 'exponential':
      return -Math.log(1 - draw) * distribution.meanMs;
    case 'bimodal': {
      const modeMs = draw < distribution.shortShare ? distribution.shortMs : distribution.longMs;
      return modeMs * (0.9 + 0.2 * secondDraw);
    }
    case 'lognormal':
      return distribution.medianMs * Math.exp(distribution.sigma * normal(draw, secondDraw));
    default:
      return distribution satisfies never;
  }
}

/** A standard normal value from two uniform draws (Box and Muller). */
function normal(draw: number, secondDraw: number): number {
  return Math.sqrt(-2 * Math.log(1 - draw)) * Math.cos(2 * Math.PI * secondDraw);
}
