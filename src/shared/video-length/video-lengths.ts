/**
 * Lengths and sizes of videos, cached per process: each video is read once, because a link that waits for credits needs
 * its price repeatedly. Used by the submit stage and by estimates. A host that does not answer is not tried for a
 * minute, so that links which only the vendor can reach are not delayed.
 */
import { stat } from 'node:fs/promises';
import { type LocalPlace, placeOf } from '../local-video/local-address.ts';
import type { VideoFacts } from '../models/judge-video.ts';
import type { Outgoing } from '../outgoing/outgoing.ts';
import { readFileLength, readVideoHeader } from './read-length.ts';

export interface VideoLengths {
  /** Seconds; null if unknown. */
  secondsOf(url: string, signal: AbortSignal): Promise<number | null>;
  factsOf(url: string, signal: AbortSignal): Promise<VideoFacts>;
}

const mostKept = 20_000;
const restMs = 60_000;
const unknown: VideoFacts = { seconds: null, bytes: null };

export function createVideoLengths(outgoing: Outgoing): VideoLengths {
  const known = new Map<string, VideoFacts>();
  const restingUntil = new Map<string, number>();

  async function readLink(url: string, signal: AbortSignal): Promise<VideoFacts> {
    const host = URL.parse(url)?.host ?? '';
    if (performance.now() < (restingUntil.get(host) ?? 0)) return unknown;
    const { seconds, bytes, isUnreachable } = await readVideoHeader(url, outgoing, signal);
    if (isUnreachable && !signal.aborted) {
      if (restingUntil.size >= mostKept) restingUntil.clear();
      restingUntil.set(host, performance.now() + restMs);
      return unknown;
    }
    keep(url, { seconds, bytes }, signal);
    return { seconds, bytes };
  }

  function keep(url: string, facts: VideoFacts, signal: AbortSignal): void {
    if (known.size >= mostKept) known.clear();
    if (!signal.aborted) known.set(url, facts);
  }

  async function factsOf(url: string, signal: AbortSignal): Promise<VideoFacts> {
    const kept = known.get(url);
    if (kept !== undefined) return kept;
    if (/^https?:/i.test(url)) return readLink(url, signal);
    const place = placeOf(url);
    const facts = place === null ? unknown : await factsOfFile(place);
    keep(url, facts, signal);
    return facts;
  }

  return { factsOf, secondsOf: async (url, signal) => (await factsOf(url, signal)).seconds };
}

async function factsOfFile({ path }: LocalPlace): Promise<VideoFacts> {
  try {
    return { seconds: await readFileLength(path), bytes: (await stat(path)).size };
  } catch {
    return unknown;
  }
}
