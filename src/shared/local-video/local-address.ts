/**
 * The address of a video on a machine: `file://HOST/PATH`, with the host that has given it. It is what an item keeps
 * as its link; the vendor gets the address of an upload instead. Pure.
 */
import { hostname } from 'node:os';
import { pathToFileURL } from 'node:url';

/** @param path absolute */
export function localAddressOf(path: string): string {
  return `file://${encodeURIComponent(hostname())}${pathToFileURL(path).pathname}`;
}

export function isLocalAddress(link: string): boolean {
  return /^file:/i.test(link);
}

export interface LocalPlace {
  /** Empty where the address names none: this machine. */
  readonly host: string;
  readonly path: string;
}

/** @returns null for what names no path, such as a broken escape */
export function placeOf(address: string): LocalPlace | null {
  const [, host = '', path = ''] = /^file:(?:\/\/([^/]*))?(\/[^?#]*)$/i.exec(address) ?? [];
  try {
    return path === '' ? null : { host: decodeURIComponent(host), path: decodeURIComponent(path) };
  } catch {
    return null;
  }
}

/** Whether this machine has given the address. */
export function isOfThisHost({ host }: LocalPlace): boolean {
  return host === '' || host === 'localhost' || host === hostname();
}

/** What a finished video says about its source: for a local file, neither path nor machine. */
export function publicLink({ id, url }: { readonly id: string; readonly url: string }): string {
  return isLocalAddress(url) ? `urn:kie-batch:${id}` : url;
}

const videoFile = /\.(?:mp4|m4v|mov|webm|mkv)$/i;

export function hasVideoEnding(path: string): boolean {
  return videoFile.test(path);
}
