/** One line of the benchmark's result, its table and its CSV. */
import type { Figures } from './measure.ts';
import type { ServerKind } from './servers.ts';

export interface Row extends Figures {
  readonly time: 'virtual' | 'real';
  readonly server: ServerKind;
  readonly scenario: string;
  readonly contender: string;
  readonly processes: number;
  readonly boundPercent: number;
}

export function printRows(rows: readonly Row[]): void {
  console.table(
    rows.map((row) => ({
      server: row.server,
      scenario: row.scenario,
      contender: row.contender,
      processes: row.processes,
      'bound %': row.boundPercent.toFixed(2),
      'used %': row.usedPercent.toFixed(2),
      'refused ‰': row.refusedPerThousand.toFixed(1),
      'windows to 97 %': row.windowsToReach ?? 'never',
    })),
  );
}

export function rowsToCsv(rows: readonly Row[]): string {
  const header =
    'time,server,scenario,contender,processes,bound_percent,used_percent,refused_per_thousand,admitted,windows_to_97_percent';
  const lines = rows.map((row) =>
    [
      row.time,
      row.server,
      JSON.stringify(row.scenario),
      row.contender,
      row.processes,
      row.boundPercent.toFixed(3),
      row.usedPercent.toFixed(3),
      row.refusedPerThousand.toFixed(2),
      row.admitted.toFixed(0),
      row.windowsToReach ?? '',
    ].join(','),
  );
  return `${[header, ...lines].join('\n')}\n`;
}
