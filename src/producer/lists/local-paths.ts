/**
 * Paths of videos in lists: a text without a link that is the path of a file, or a `file:` URL. It becomes the item's
 * address. Whether the file is a video, and which, is checked when the item is created.
 */
import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import {
  hasVideoEnding,
  isLocalAddress,
  isOfThisHost,
  localAddressOf,
  placeOf,
} from '../../shared/local-video/local-address.ts';
import { describeFileError } from '../../shared/local-video/read-video.ts';
import type { Found, LinkFinder } from './links-in-text.ts';
import { printable } from './list-entry.ts';

/** @param folder base of relative paths; undefined: paths are not accepted */
export function withLocalPaths(find: LinkFinder, folder: string | undefined): LinkFinder {
  if (folder === undefined) return find;
  return (text) => {
    const found = find(text);
    if (found.kind !== 'none') return found;
    const paths = text.split('\n').flatMap((part) => pathIn(part, folder) ?? []);
    const [first, second] = paths;
    if (first === undefined) return found;
    if (second !== undefined)
      return { kind: 'several', reason: 'two files on one line; put each on its own line' };
    return first;
  };
}

/** @param folder its files may be named, without a path; undefined: none */
export function withUploadedNames(find: LinkFinder, folder: string | undefined): LinkFinder {
  if (folder === undefined) return find;
  return (text) => {
    const found = find(text);
    const name = unquoted(text.trim());
    if (found.kind !== 'none' || basename(name) !== name || !hasVideoEnding(name)) return found;
    const path = join(folder, name);
    return existsSync(path)
      ? { kind: 'link', link: localAddressOf(path) }
      : { kind: 'unusable', reason: 'no video of this name was uploaded' };
  };
}

function pathIn(text: string, folder: string): Found | null {
  const written = unquoted(text.trim());
  if (isLocalAddress(written)) {
    const place = placeOf(written);
    if (place === null) return { kind: 'unusable', reason: 'this file: address has no path' };
    return isOfThisHost(place) ? judged(place.path) : { kind: 'link', link: written };
  }
  const isPath = /^(?:~?\/|\.{1,2}\/)/.test(written) || hasVideoEnding(written);
  if (!isPath) return null;
  return judged(written.startsWith('~/') ? join(homedir(), written.slice(2)) : resolve(folder, written));
}

function judged(path: string): Found {
  try {
    if (statSync(path, { throwIfNoEntry: false }) !== undefined)
      return { kind: 'link', link: localAddressOf(path) };
    return { kind: 'unusable', reason: `there is no file ${printable(path)}` };
  } catch (error) {
    return { kind: 'unusable', reason: `${printable(path)} ${describeFileError(error)}` };
  }
}

function unquoted(text: string): string {
  return /^(["'])(.+)\1$/.exec(text)?.[2] ?? text;
}
