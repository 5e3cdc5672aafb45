/** Whether a model takes a video of this length and size, by its definition. Pure. */
import { formatBytes } from '../wording/format.ts';
import type { ModelDefinition } from './model-definition.ts';

/** What is known of a video without reading it whole; null is what cannot be told. */
export interface VideoFacts {
  readonly seconds: number | null;
  readonly bytes: number | null;
}

/** Headers round; nobody loses a video for a frame. */
const slackSeconds = 0.1;

export function hasBounds({ video }: Pick<ModelDefinition, 'video'>): boolean {
  return [video.minSeconds, video.maxSeconds, video.maxBytes].some((bound) => bound !== undefined);
}

/** @returns why not, to be continued after what names the video; null also where it cannot be told: the vendor judges */
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
