/** A cron expression in words, where it is one of the usual ones; null for others, which are shown as they are. Pure. */
const named: Readonly<Record<string, string>> = {
  '@yearly': 'once a year',
  '@annually': 'once a year',
  '@monthly': 'once a month',
  '@weekly': 'once a week',
  '@daily': 'every day at 00:00',
  '@hourly': 'every hour',
  '@minutely': 'every minute',
  '@weekdays': 'every working day',
  '@weekends': 'every day of the weekend',
};
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const short = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

export function cronWords(cron: string): string | null {
  const fields = cron.trim().toLowerCase().split(/\s+/);
  const [only = ''] = fields;
  if (fields.length === 1) return named[only] ?? null;
  if (fields.length !== 5) return null;
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields;
  if (month !== '*' || (day !== '*' && weekday !== '*')) return null;
  const when = day === '*' ? weekdayWords(weekday) : dayWords(day);
  const time = timeWords(minute, hour);
  return when === null || time === null ? null : [time, when].filter(Boolean).join(' ');
}

function timeWords(minute: string, hour: string): string | null {
  const every = /^\*\/(\d{1,2})$/;
  const number = /^\d{1,2}$/;
  if (minute === '*' && hour === '*') return 'every minute';
  if (every.test(minute) && hour === '*') return `every ${minute.slice(2)} minutes`;
  if (!number.test(minute)) return null;
  if (hour === '*') return minute === '0' ? 'every hour' : `every hour at minute ${minute}`;
  if (every.test(hour)) return `every ${hour.slice(2)} hours at minute ${minute}`;
  const hours = hour.split(',');
  if (!hours.every((each) => number.test(each))) return null;
  return `at ${hours.map((each) => `${each.padStart(2, '0')}:${minute.padStart(2, '0')}`).join(', ')}`;
}

/** Empty for every day. */
function weekdayWords(text: string): string | null {
  if (text === '*') return '';
  const range = text.split('-').map(dayOf);
  const [first, last] = range;
  if (range.length === 2 && first && last) return `from ${first} to ${last}`;
  const list = text.split(',').map(dayOf);
  return list.every((each) => each !== null) ? `on ${list.join(', ')}` : null;
}

function dayOf(text: string): string | null {
  const index = short.indexOf(text);
  return days[index >= 0 ? index : /^[0-7]$/.test(text) ? Number(text) : 99] ?? null;
}

function dayWords(text: string): string | null {
  return /^\d{1,2}$/.test(text) ? `on day ${text} of the month` : null;
}
