/** The folder of the videos goes away, its disk fills up or becomes read-only; a bucket answers with errors. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { forAWhile, type Torment } from './torment.ts';

const reasonable = { least: 2000, most: 8000 } as const;

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
  {
    name: 'storage-full',
    subject: 'storage',
    weight: 2,
    isPossible: ({ disk }) => disk.isMounted,
    async run(world, draw) {
      await forAWhile(world, {
        ms: draw.between(reasonable.least, reasonable.most),
        message: 'the disk of the videos is full',
        begin: world.disk.fill,
        end: world.disk.empty,
      });
    },
  },
  {
    name: 'storage-read-only',
    subject: 'storage',
    weight: 2,
    isPossible: ({ disk }) => disk.isMounted,
    async run(world, draw) {
      await forAWhile(world, {
        ms: draw.between(reasonable.least, reasonable.most),
        message: 'the folder of the videos is read-only',
        begin: () => world.disk.forbidWrites(world.videos),
        end: () => world.disk.allowWrites(world.videos),
      });
    },
  },
];
