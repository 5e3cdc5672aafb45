/** The folder of the videos goes away, its disk fills up or becomes read-only. */
import { rename, rm, writeFile } from 'node:fs/promises';
import type { World } from '../world.ts';
import { forAWhile, type Torment } from './torment.ts';

const reasonable = { least: 2000, most: 8000 } as const;

function ofTheDisk(
  name: string,
  message: string,
  troubleOf: (world: World) => { begin(): unknown; end(): unknown },
): Torment {
  return {
    name,
    subject: 'storage',
    weight: 2,
    isPossible: ({ disk }) => disk.isMounted,
    run: (world, draw) =>
      forAWhile(world, {
        ms: draw.between(reasonable.least, reasonable.most),
        message,
        ...troubleOf(world),
      }),
  };
}

export const storageTorments: readonly Torment[] = [
  {
    name: 'storage-away',
    subject: 'storage',
    weight: 2,
    async run(world, draw) {
      const { videos } = world;
      const aside = `${videos}-aside`;
      let isThere = false;
      await forAWhile(world, {
        ms: draw.between(reasonable.least, reasonable.most),
        message: 'the folder of the videos is away',
        async begin() {
          isThere = await rename(videos, aside).then(
            () => true,
            () => false,
          );
          // A file in its place, so that nobody makes a new folder.
          if (isThere) await writeFile(videos, '');
        },
        async end() {
          if (!isThere) return;
          await rm(videos);
          await rename(aside, videos);
        },
      });
    },
  },
  ofTheDisk('storage-full', 'the disk of the videos is full', ({ disk }) => ({
    begin: disk.fill,
    end: disk.empty,
  })),
  ofTheDisk('storage-read-only', 'the folder of the videos is read-only', ({ disk, videos }) => ({
    begin: () => disk.forbidWrites(videos),
    end: () => disk.allowWrites(videos),
  })),
];
