/** The videos of a folder, given as an argument or as a line of a list. Subfolders and hidden files do not count. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  hasVideoEnding,
  isLocalAddress,
  localAddressOf,
  placeOf,
} from '../../shared/local-video/local-address.ts';
import { type ListEntry, printable, problemAt } from './list-entry.ts';

export function videosInFolder(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [];
    return readdirSync(path)
      .filter((name) => hasVideoEnding(name) && !name.startsWith('.'))
      .sort()
      .map((name) => localAddressOf(join(path, name)));
  } catch {
    return [];
  }
}

/** A line that names a folder is one for each of its videos, with the same inputs. */
export function expandFolder(entry: ListEntry): readonly ListEntry[] {
  if (entry.kind !== 'link' || !isLocalAddress(entry.link)) return [entry];
  const path = placeOf(entry.link)?.path ?? '';
  if (!isFolder(path)) return [entry];
  const videos = videosInFolder(path);
  if (videos.length === 0)
    return [
      problemAt(entry.line, path, `${printable(path)} is a folder without videos (.mp4, .mov, .webm, .mkv)`),
    ];
  return videos.map((link) => ({ ...entry, link }));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
