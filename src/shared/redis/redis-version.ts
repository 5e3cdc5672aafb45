/**
 * Which Redis versions are supported. BullMQ refuses versions below 5.0.0 and recommends 6.2.0; its scripts find jobs
 * with LPOS, which exists since 6.0.6 (before, they read whole lists). Ubuntu 22.04 and Debian 11 have 6.0.16, so that
 * is accepted with a warning.
 */
export const MINIMUM_VERSION = '6.0.6';
export const RECOMMENDED_VERSION = '6.2.0';

export function isTooOld(version: string): boolean {
  return isOlder(version, MINIMUM_VERSION);
}

export function isOlder(version: string, than: string): boolean {
  const [left, right] = [numbers(version), numbers(than)];
  for (const [index, wanted] of right.entries()) {
    const difference = (left[index] ?? 0) - wanted;
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function numbers(version: string): number[] {
  return version.split('.').map((part) => Number.parseInt(part, 10) || 0);
}
