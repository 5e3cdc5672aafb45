/** Durations of several runs in words, in seconds, as the benchmark prints them. Pure. */
export function spreadOf(durationsMs: readonly number[]): string {
  const worst = seconds(Math.max(...durationsMs));
  return `median ${seconds(quantile(durationsMs, 0.5))}, 95 % within ${seconds(quantile(durationsMs, 0.95))}, worst ${worst}`;
}

export function medianOf(durationsMs: readonly number[]): number {
  return quantile(durationsMs, 0.5);
}

export function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(2)} s`;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
}
