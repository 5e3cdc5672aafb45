/**
 * Local videos in the producer: whether a model accepts them, and the digest of their content, which is their identity.
 */
import type { Configuration } from '../shared/configuration/configuration.ts';
import { createKnownDigests } from '../shared/local-video/known-digests.ts';
import { isOfThisHost, placeOf } from '../shared/local-video/local-address.ts';
import { inspectVideo } from '../shared/local-video/read-video.ts';
import { judgeVideo } from '../shared/models/judge-video.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { readFileLength } from '../shared/video-length/read-length.ts';

export type LocalVideo =
  | { readonly kind: 'video'; readonly sha256: string }
  | { readonly kind: 'refused'; readonly reason: string };

export interface LocalVideos {
  /** @param address `file://…`, from the list */
  read(address: string, model: ModelDefinition): Promise<LocalVideo>;
}

export interface LocalVideosOptions {
  readonly dataDir: string;
  readonly maxBytes: number;
}

/** For a session's settings. */
export function localVideosOf(settings: Pick<Configuration, 'DATA_DIR' | 'MAX_VIDEO_BYTES'>): LocalVideos {
  return openLocalVideos({ dataDir: settings.DATA_DIR, maxBytes: settings.MAX_VIDEO_BYTES });
}

const refused = (reason: string): LocalVideo => ({ kind: 'refused', reason });

export function openLocalVideos({ dataDir, maxBytes }: LocalVideosOptions): LocalVideos {
  const digests = createKnownDigests(dataDir);
  return {
    async read(address, model) {
      const place = placeOf(address);
      if (place === null) return refused('this is not a file');
      if (!isOfThisHost(place)) return refused(`the file is on the machine ${place.host}; enqueue it there`);
      const { path } = place;
      const found = await inspectVideo(path, maxBytes);
      if (found.kind === 'unreadable') return refused(`${path} ${found.reason}`);
      const { kinds } = model.video;
      if (kinds.length > 0 && !kinds.includes(found.ending.slice(1)))
        return refused(`${path} is a ${found.ending} file; ${model.id} accepts ${kinds.join(', ')}`);
      const seconds = await readFileLength(path).catch(() => null);
      const objection = judgeVideo({ seconds, bytes: found.bytes }, model);
      if (objection !== null) return refused(`${path} ${objection}`);
      return { kind: 'video', sha256: await digests.of(path, found.mark) };
    },
  };
}
