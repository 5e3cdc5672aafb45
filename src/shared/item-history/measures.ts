/**
 * The measures kept over the life of a prefix: counters and histograms that grow where steps are applied and
 * survive restarts of every process, so that rates over them are true. Written by the worker, shown by
 * `/metrics`. Pure.
 */
export const durationNames = ['waiting', 'task', 'download'] as const;
export type DurationName = (typeof durationNames)[number];

/** Counter of the tasks that a callback named for an item and that are not the item's. */
export const refusedClaims = 'claims:refused';

export interface Measured {
  /** Counter by its field, like `ended:saved`. */
  readonly counted?: Readonly<Record<string, number>>;
  /** Milliseconds. */
  readonly durations?: Readonly<Partial<Record<DurationName, number>>>;
}

/** Upper bounds of the histograms' buckets, in seconds; a last one without bound follows. */
export const bucketBoundsSeconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 14_400];

export interface DurationHistogram {
  /** How many observations were at most as long as each bound, cumulative; the last is the count of all. */
  readonly cumulative: readonly number[];
  readonly sumSeconds: number;
}

export function bucketOf(durationMs: number): number {
  const index = bucketBoundsSeconds.findIndex((bound) => durationMs <= bound * 1000);
  return index < 0 ? bucketBoundsSeconds.length : index;
}

/**
 * The bound, in milliseconds, within which every one has ended so far; null when none has, Infinity when one took longer
 * than the last bound.
 */
export function longestSeenMs(measures: ReadonlyMap<string, number>, name: DurationName): number | null {
  for (let index = bucketBoundsSeconds.length; index >= 0; index -= 1) {
    if ((measures.get(`duration:${name}:${index}`) ?? 0) > 0)
      return (bucketBoundsSeconds[index] ?? Number.POSITIVE_INFINITY) * 1000;
  }
  return null;
}

export function histogramOf(measures: ReadonlyMap<string, number>, name: DurationName): DurationHistogram {
  let count = 0;
  const cumulative = [...bucketBoundsSeconds, Number.POSITIVE_INFINITY].map((_, index) => {
    count += measures.get(`duration:${name}:${index}`) ?? 0;
    return count;
  });
  return { cumulative, sumSeconds: measures.get(`duration:${name}:sum`) ?? 0 };
}
