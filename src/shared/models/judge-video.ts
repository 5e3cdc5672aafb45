/** Whether a model accepts a video of this length and size, by its definition. Pure. */
import { formatBytes } from '../wording/format.ts';
import type { ModelDefinition } from './model-definition.ts';

/** What is known about a video without reading all of it; null if unknown. */
export interface VideoFacts {
  readonly seconds: number | null;
  readonly bytes: number | null;
}

/** Headers round: no video is refused for one frame. */
const slackSeconds = 0.1;

export function hasBounds({ video }: Pick<ModelDefinition, 'video'>): boolean {
  return [video.minSeconds, video.maxSeconds, video.maxBytes].some((bound) => bound !== undefined);
}

/**
 * @returns why not, as the rest of a sentence that starts with the video's name; null also if unknown: then the vendor
 * decides
 */
export function judgeVideo(
  { seconds, bytes }: VideoFacts,
  { id, video }: Pick<ModelDefinition, 'id' | 'video'>,
): string | null {
  const {
    maxBytes = Number.POSITIVE_INFINITY,
    minSeconds = 0,
    maxSeconds = Number.POSITIVE_INFINITY,
  } = video;
  if (bytes !== null && bytes > maxBytes)
    return `has ${formatBytes(bytes)}; ${id} accepts at most ${formatBytes(maxBytes)}`;
  if (seconds === null) return null;
  const shown = Math.round(seconds * 10) / 10;
  if (seconds > maxSeconds + slackSeconds) return `has ${shown} seconds; ${id} accepts at most ${maxSeconds}`;
  if (seconds < minSeconds - slackSeconds)
    return `has ${shown} seconds; ${id} accepts at least ${minSeconds}`;
  return null;
}
