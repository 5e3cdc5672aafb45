/**
 * Where things lie that can be had again: a fetched Redis, compiled code. Shared by all projects of a user. Apart
 * from the settings, as the executable needs it before it loads anything.
 */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME']?.trim() || homeCache();
  return join(base, 'kie-batch');
}

export function priceListFolder(): string {
  return join(cacheFolder(), 'price-lists');
}

/** A user without a home folder, as in many containers, uses DATA_DIR. */
function homeCache(): string {
  try {
    return join(homedir(), '.cache');
  } catch {
    return resolve(process.env['DATA_DIR']?.trim() || './data', 'cache');
  }
}
