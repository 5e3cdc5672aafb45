/**
 * Which of a task's results must be stored, and in which order they are downloaded. Pure; used by the download stage. A
 * stored file is known by its bytes; one that never arrived only by its address. Invariant: what may be the paid result
 * is never skipped.
 */
import { mediaOfFile } from '../shared/media/media-kind.ts';

export interface TaskResult {
  readonly url: string;
  /** Place in the vendor's list, from 0; part of the file's name. */
  readonly index: number;
  /** An image or audio file in addition to a video, such as a thumbnail: the link is saved without it. */
  readonly isOptional: boolean;
}

/** Those that must be stored first, so that a thumbnail never holds up its video. */
export function resultsToFetch(urls: readonly string[]): readonly TaskResult[] {
  const isAllBeside = urls.every(isBesideAVideo);
  const results = urls.map((url, index) => ({ url, index, isOptional: !isAllBeside && isBesideAVideo(url) }));
  return results.sort((a, b) => Number(a.isOptional) - Number(b.isOptional));
}

function isBesideAVideo(url: string): boolean {
  const shows = mediaOfFile(
    URL.parse(url)
      ?.pathname.toLowerCase()
      .replace(/\.jpeg$/, '.jpg') ?? '',
  )?.shows;
  return shows === 'image' || shows === 'audio';
}
