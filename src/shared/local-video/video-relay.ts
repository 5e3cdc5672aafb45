/**
 * Videos of one machine on their way to workers on others, through a storage that all of them share: put there when
 * they are enqueued, read by the worker that uploads them, removed when their item is saved. Kept under the item's id.
 */
import type { Storage } from '../storage/storage.ts';
import { readVideo } from './read-video.ts';

export interface RelayedVideo {
  readonly bytes: number;
  readonly chunks: AsyncIterable<Buffer>;
}

export interface VideoRelay {
  /** Not again when it is there. */
  put(id: string, path: string): Promise<void>;
  /** Null when it was never put there. */
  open(id: string): Promise<RelayedVideo | null>;
  remove(id: string): Promise<void>;
}

const keyOf = (id: string) => `.inputs/${id}`;

/** Null for a storage that other machines may not see. */
export function videoRelay(storage: Storage): VideoRelay | null {
  if (!storage.name.startsWith('s3:')) return null;
  return {
    async put(id, path) {
      const key = keyOf(id);
      if ((await storage.stat(key)) !== undefined) return;
      const part = await storage.openPart(key);
      try {
        await part.begin({ validator: undefined, totalBytes: undefined });
        for await (const chunk of readVideo(path).chunks) await part.write(chunk);
        await part.commit();
      } catch (error) {
        await part.discard();
        throw error;
      }
    },
    async open(id) {
      const found = await storage.stat(keyOf(id));
      return found === undefined ? null : { bytes: found.bytes, chunks: storage.read(keyOf(id)) };
    },
    remove: (id) => storage.remove(keyOf(id)),
  };
}
