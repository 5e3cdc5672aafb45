/**
 * Which of a task's results must be stored, and in which order they are fetched. Pure; asked by the download
 * stage. A file that is stored is known by its bytes; one that never arrives is known by its address alone, and
 * only for that the address is asked. Invariant: what may be what was paid for is never left out.
 */
import { mediaOfFile } from '../shared/media/media-kind.ts';

export interface TaskResult {
  readonly url: string;
  /** Place in the vendor's list, from 0; part of the file's name. */
  readonly index: number;
  /** A picture or a sound beside a video, as a thumbnail: the link is saved without it. */
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
