/**
 * The readers of the dashboard in the soak: three pages are open and followed live, and are left and opened again every
 * minute. Every two seconds somebody loads the overview, timed beside /healthz, and one of the other pages.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { openPages, type Served } from '../served.ts';
import { type Figure, quantile } from './verdict.ts';

export interface Look {
  readonly atMs: number;
  readonly overviewMs: number;
  /** What the machine took for a page that reads nothing. */
  readonly besideMs: number;
}

const lookEveryMs = 2000;
const looksUntilReopened = 30;

/** Until the signal; adds each look to `looks`. @param batch the newest batch */
export async function visit(
  served: Served,
  batch: () => string,
  looks: Look[],
  signal: AbortSignal,
): Promise<void> {
  const others = () => [`/batches/${batch()}`, '/batches', '/workers', '/gate', '/batches?q=soak'];
  let open: Disposable | undefined;
  try {
    for (let look = 0; !signal.aborted; look += 1) {
      if (look % looksUntilReopened === 0) {
        open?.[Symbol.dispose]();
        open = openPages(served, ['/', '/batches', `/batches/${batch()}`]);
      }
      const besideMs = await served.timeOf('/healthz');
      looks.push({ atMs: performance.now(), overviewMs: await served.timeOf('/'), besideMs });
      await served.timeOf(others()[look % others().length] ?? '/');
      await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    open?.[Symbol.dispose]();
  }
}

/** The first quarter of the looks compared with the last. */
export function describeLooks(looks: readonly Look[]): string {
  const quarter = Math.ceil(looks.length / 4);
  const [first, last] = [looks.slice(0, quarter), looks.slice(-quarter)];
  const row = (share: number, of: Figure<Look>) => {
    const [before, after] = [quantile(first.map(of), share), quantile(last.map(of), share)];
    return `${before.toFixed(1)} ms, then ${after.toFixed(1)} ms (${(after / before).toFixed(2)} times)`;
  };
  return [0.5, 0.99]
    .map(
      (share) =>
        `overview p${share * 100}: ${row(share, ({ overviewMs }) => overviewMs)}; /healthz beside it: ${row(share, ({ besideMs }) => besideMs)}`,
    )
    .join('\n');
}
