/**
 * A list that was uploaded with videos: its lines may name them, each with its own inputs; the others are added after
 * it. Called by the wiring of the server for a check and for enqueueing.
 */
import { basename } from 'node:path';
import type { Configuration } from '../shared/configuration/configuration.ts';
import { placeOf } from '../shared/local-video/local-address.ts';
import type { EnqueueRequest } from './enqueue-lists.ts';
import { videosInFolder } from './lists/folder-videos.ts';
import type { ListSource } from './lists/list-source.ts';
import { type LocalVideos, localVideosOf } from './local-videos.ts';

export interface UploadedList {
  readonly lists: Pick<EnqueueRequest, 'sources' | 'list'>;
  readonly locals: LocalVideos | undefined;
}

/** @param folder of the videos; undefined: there are none, and no file is accepted */
export function uploadedList(
  source: ListSource,
  folder: string | null | undefined,
  settings: Pick<Configuration, 'DATA_DIR' | 'MAX_VIDEO_BYTES'>,
): UploadedList {
  if (!folder) return { lists: { sources: [source], list: {} }, locals: undefined };
  const videos = localVideosOf(settings);
  const named = new Set<string>();
  const nameOf = (address: string) => basename(placeOf(address)?.path ?? '');
  return {
    lists: {
      sources: [source, { name: 'videos.json', chunks: unnamed() }],
      list: { uploadedFolder: folder },
    },
    locals: {
      read(address, model) {
        named.add(nameOf(address));
        return videos.read(address, model);
      },
    },
  };

  /** Read after the list: what it has named is known by then. */
  async function* unnamed(): AsyncGenerator<Uint8Array> {
    const rest = videosInFolder(folder ?? '')
      .map(nameOf)
      .filter((name) => !named.has(name));
    if (rest.length > 0) yield Buffer.from(JSON.stringify(rest));
  }
}
