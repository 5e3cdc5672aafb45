/** Numbers as people read them, on the terminal and in the dashboard. Pure. */

const units = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

export function formatBytes(bytes: number): string {
  const power = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

export function formatDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} min`;
  if (minutes > 0) return `${minutes} min ${seconds % 60} s`;
  return `${seconds} s`;
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 link`, `2 links`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** `about 26 min`: never more exact than it can be. */
export function roughly(ms: number): string {
  const minutes = ms / 60_000;
  if (ms < 10_000) return 'a few seconds';
  if (minutes < 1.5) return `about ${Math.round(ms / 10_000) * 10} s`;
  if (minutes < 60) return `about ${Math.round(minutes)} min`;
  if (minutes < 10 * 60)
    return `about ${Math.floor(minutes / 60)} h ${Math.floor((minutes % 60) / 10) * 10} min`;
  if (minutes < 48 * 60) return `about ${Math.round(minutes / 60)} h`;
  return `about ${Math.round(minutes / 1440)} days`;
}

/** `18.2`, `20`, `144`: a decimal if it is significant. */
export function formatRate(value: number): string {
  return value >= 100 ? formatCount(Math.round(value)) : String(Number(value.toFixed(1)));
}
