/** The storage that STORAGE_URL names, as every command and process opens it. */
import { join } from 'node:path';
import { systemClock } from '../shared/clock.ts';
import type { Configuration } from '../shared/configuration/schema.ts';
import { type VideoRelay, videoRelay } from '../shared/local-video/video-relay.ts';
import type { Keyspace } from '../shared/redis/keyspace.ts';
import { createStorage } from '../shared/storage/create-storage.ts';
import { createFileStorage } from '../shared/storage/file-storage.ts';
import { createStorageMemory } from '../shared/storage/redis-storage-memory.ts';
import type { Storage } from '../shared/storage/storage.ts';
import { rootOf } from '../shared/storage/storage-root.ts';

interface StorageOwner extends Keyspace {
  readonly configuration: Pick<Configuration, 'STORAGE_URL'>;
}

/** It knows the folder that was used before, so that an unmounted disk is not treated as an empty one. */
export function openStorage({ configuration, ...keyspace }: StorageOwner): Promise<Storage> {
  return createStorage(configuration.STORAGE_URL, {
    clock: systemClock,
    memory: createStorageMemory(keyspace),
  });
}

/** The place of uploaded videos: next to the results, or in DATA_DIR if those are in a bucket. */
export function openVideoFolder(
  { configuration }: { readonly configuration: Pick<Configuration, 'DATA_DIR'> },
  storage: Storage,
): Storage {
  if (videoRelay(storage) === null) return storage;
  return createFileStorage(join(configuration.DATA_DIR, 'uploads'), { clock: systemClock });
}

/** Where the files of new batches go, ending in `/`. Reaches for nothing. */
export async function readStorageRoot({ STORAGE_URL }: StorageOwner['configuration']): Promise<string> {
  const storage = await createStorage(STORAGE_URL, { clock: systemClock });
  const root = rootOf(storage);
  await storage.close();
  return root;
}

export interface OpenRelay extends AsyncDisposable {
  readonly root: string;
  readonly relay: VideoRelay | null;
}

/** For enqueueing local files. Opens nothing before the first one. */
export async function openRelay({ configuration }: Pick<StorageOwner, 'configuration'>): Promise<OpenRelay> {
  const storage = await createStorage(configuration.STORAGE_URL, { clock: systemClock });
  return {
    root: rootOf(storage),
    relay: videoRelay(storage),
    [Symbol.asyncDispose]: () => storage.close(),
  };
}
