/** What a person is told about a pause that the vendor has asked for: until when, why, and what ends it. Pure. */
import type { VendorPause } from '../shared/gate-state/vendor-pause.ts';
import { formatDuration } from './format.ts';

export interface PauseView {
  readonly operation: VendorPause['operation'];
  readonly since: string;
  readonly until: string;
  readonly message: string | null;
}

const waiting = { submit: 'New tasks', query: 'Status checks' } as const;

export function viewPause({ operation, since, until, message }: VendorPause): PauseView {
  return { operation, since: new Date(since).toISOString(), until: new Date(until).toISOString(), message };
}

/** @param now Unix milliseconds; the end by this machine's clock may differ a little from Redis's */
export function pauseParts({ operation, until, message }: VendorPause, now: number): string[] {
  const why = message === null ? [] : [`the vendor: "${message}"`];
  return [
    `${waiting[operation]} are paused until ${new Date(until).toISOString().slice(0, 16).replace('T', ' ')} UTC (${formatDuration(Math.max(0, until - now))})`,
    ...why,
    'end the pause now: kie-batch resume --reset-gate',
  ];
}

export function describePause(pause: VendorPause, now: number): string {
  const [head = '', ...rest] = pauseParts(pause, now);
  return [`${head}.`, `Nothing is lost; ${rest.join('; ')}`].join('\n');
}
