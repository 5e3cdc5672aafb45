/**
 * Identifies the file system of a path, or of its nearest existing parent: where it is mounted, what of it, and its
 * device if that is a real one (others get a new number with each mount). Used to notice a missing mount. Without
 * Linux's list of mounts, the device number is used.
 */
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isMissing } from './storage-error.ts';

export async function fileSystemOf(path: string): Promise<string> {
  const existing = await nearestExisting(path);
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => undefined);
  if (mounts === undefined) return `device ${(await stat(existing)).dev}`;
  return mountOf(existing, mounts) ?? 'unknown';
}

/** @param mounts as in /proc/self/mountinfo: id, parent, major:minor, root, mount point, … */
export function mountOf(path: string, mounts: string): string | undefined {
  let found: { readonly point: string; readonly place: string } | undefined;
  for (const line of mounts.split('\n')) {
    const [, , device = '', root = '', mountPoint = ''] = line.split(' ');
    const point = fromOctal(mountPoint);
    if (!isWithin(path, point) || point.length < (found?.point.length ?? 0)) continue;
    const disk = device.startsWith('0:') ? '' : ` on ${device}`;
    found = { point, place: `${fromOctal(root)} at ${point}${disk}` };
  }
  return found?.place;
}

function isWithin(path: string, folder: string): boolean {
  if (folder === '') return false;
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

/** Spaces and the like are written as octal numbers. */
function fromOctal(text: string): string {
  return text.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

async function nearestExisting(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(path);
    if (!isMissing(error) || parent === path) throw error;
    return nearestExisting(parent);
  }
}
