/** What real-limit prints of a contender, and how it reckons the share of the limit. Pure. */
export interface Reading {
  readonly cpuMs: number;
  readonly commands: number;
  readonly videos: number;
}

interface Cost {
  readonly cpuMs: number;
  readonly commands: number;
}

export interface Row {
  readonly name: string;
  readonly accepted: number;
  readonly bound: number;
  readonly share: number;
  readonly refused: number;
  readonly queriesPerTask: number;
  /** Per video, without the start. */
  readonly steady: Cost;
  /** Per video, of the whole process. */
  readonly withStart: Cost;
  /** Of each process. */
  readonly peakMib: readonly number[];
}

/**
 * The calls accepted within a whole number of windows, against the most that a sliding window accepts; see run.ts.
 * @param admittedAtMs in their order
 */
export function shareOfLimit(
  admittedAtMs: readonly number[],
  spanMs: number,
  { max, windowMs }: { readonly max: number; readonly windowMs: number },
): Pick<Row, 'accepted' | 'bound' | 'share'> {
  const firstAtMs = admittedAtMs[0] ?? 0;
  const bound = (max * spanMs) / windowMs;
  const left = admittedAtMs.map((atMs) => firstAtMs + spanMs - atMs).filter((leftMs) => leftMs > 0);
  const weighed = left.reduce((sum, leftMs) => sum + Math.min(1, leftMs / windowMs), 0);
  return { accepted: left.length, bound, share: weighed / bound };
}

export function describeRow(row: Row, minutes: number): string {
  const { steady, withStart } = row;
  const commands = steady.commands > 1 ? `, ${steady.commands.toFixed(0)} Redis commands` : '';
  return `${row.name}: ${(row.share * 100).toFixed(1)} % of the limit (${row.accepted} of at most ${row.bound} creates in ${minutes} min), ${row.refused} refused
  a link: ${steady.cpuMs.toFixed(1)} ms CPU (with start ${withStart.cpuMs.toFixed(1)} ms)${commands}, ${row.queriesPerTask.toFixed(2)} queries
  memory: ${row.peakMib.map((mib) => `${mib.toFixed(0)} MiB`).join(' and for Redis ')}`;
}
