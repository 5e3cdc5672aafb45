/**
 * Lengths of videos as one process has read them: each video is asked once, as a link that waits for credits asks for
 * its price again and again. Used by the submit stage and by estimates.
 */
import { placeOf } from '../local-video/local-address.ts';
import type { Outgoing } from '../outgoing/outgoing.ts';
import { readFileLength, readVideoLength } from './read-length.ts';

export interface VideoLengths {
  /** Seconds; null when they cannot be told. */
  secondsOf(url: string, signal: AbortSignal): Promise<number | null>;
}

const mostKept = 20_000;

export function createVideoLengths(outgoing: Outgoing): VideoLengths {
  const known = new Map<string, number | null>();
  return {
    async secondsOf(url, signal) {
      const kept = known.get(url);
      if (kept !== undefined) return kept;
      const seconds = await readOne(url, outgoing, signal);
      if (known.size >= mostKept) known.clear();
      if (!signal.aborted) known.set(url, seconds);
      return seconds;
    },
  };
}

async function readOne(url: string, outgoing: Outgoing, signal: AbortSignal): Promise<number | null> {
  if (/^https?:/i.test(url)) return readVideoLength(url, outgoing, signal);
  const place = placeOf(url);
  return place === null ? null : readFileLength(place.path).catch(() => null);
}
