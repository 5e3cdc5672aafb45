/** What is measured in each case, and how figures of several cases are compared. */

export interface Figures {
  readonly linksPerSecond: number;
  readonly workerCpuMs: number;
  readonly redisCpuMs: number;
  readonly commands: number;
  /** Of Redis. */
  readonly bytesPerLink: number;
  /** Longest command of Redis while links were processed and while they were enqueued. */
  readonly longestMs: number;
  readonly longestEnqueueMs: number;
}

export interface FigureKind {
  readonly key: keyof Figures;
  readonly title: string;
  readonly digits: number;
  /** The more, the better. */
  readonly isRate?: true;
}

export const figureKinds: readonly FigureKind[] = [
  { key: 'linksPerSecond', title: 'links/s', digits: 0, isRate: true },
  { key: 'workerCpuMs', title: 'worker CPU, ms', digits: 2 },
  { key: 'redisCpuMs', title: 'Redis CPU, ms', digits: 2 },
  { key: 'commands', title: 'commands', digits: 0 },
  { key: 'bytesPerLink', title: 'memory, bytes', digits: 0 },
  { key: 'longestMs', title: 'longest, ms', digits: 1 },
  { key: 'longestEnqueueMs', title: 'longest, enqueueing', digits: 1 },
];

/** Of each figure the better one: what else the machine does only makes them worse. */
export function betterOf(one: Figures, other: Figures): Figures {
  const best = figureKinds.map(({ key, isRate }) => [
    key,
    isRate ? Math.max(one[key], other[key]) : Math.min(one[key], other[key]),
  ]);
  return { ...one, ...Object.fromEntries(best) };
}

/** How many times the cost of `base` it is; of a rate, the time a link. */
export function costRatio({ key, isRate }: FigureKind, figures: Figures, base: Figures): number {
  return isRate ? base[key] / figures[key] : figures[key] / base[key];
}
