/**
 * Where things lie that can be had again: a fetched Redis, compiled code. Shared by all projects of a user. Apart
 * from the settings, as the executable needs it before it loads anything.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';

export function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME']?.trim() || join(homedir(), '.cache');
  return join(base, 'kie-batch');
}

export function priceListFolder(): string {
  return join(cacheFolder(), 'price-lists');
}
