/** What the batches of a schedule are called. Pure. Dates are those of the schedule's own time zone. */
import { BatchError, checkBatchName } from '../../shared/ledger/batch.ts';
import { ScheduleError } from './schedule.ts';
import { localTime } from './time-zone.ts';

export const DEFAULT_BATCH_TEMPLATE = '{name}-{date}';

const placeholders = ['name', 'date', 'time'] as const;

/**
 * `{name}` the schedule's name, `{date}` like 2026-11-22, `{time}` like 0615.
 * @param at the instant the run was due, so that a run picked up again after a crash finds its batch
 * @throws ScheduleError
 */
export function renderBatchName(
  template: string,
  { name, at, timeZone }: { readonly name: string; readonly at: number; readonly timeZone: string },
): string {
  const { year, month, day, hour, minute } = localTime(at, timeZone);
  const values: Readonly<Record<string, string>> = {
    name,
    date: `${year}-${two(month)}-${two(day)}`,
    time: `${two(hour)}${two(minute)}`,
  };
  const rendered = template.replaceAll(/\{([^{}]*)\}/g, (_, placeholder: string) => {
    const value = values[placeholder];
    if (value !== undefined) return value;
    const known = placeholders.map((each) => `{${each}}`).join(', ');
    throw new ScheduleError(`"{${placeholder}}" is not allowed in a batch template; use ${known}`);
  });
  try {
    return checkBatchName(rendered);
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    throw new ScheduleError(`The batch template "${template}": ${error.message}`, { cause: error });
  }
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
