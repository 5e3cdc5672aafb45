/** The folder of the videos goes away, its disk fills up or becomes read-only; a bucket fails, loses answers and cuts them. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Answer } from '../../test/shared/storage/s3-server.ts';
import type { Random } from '../random.ts';
import type { BucketStore, FolderStore } from '../result-store.ts';
import type { World } from '../world.ts';
import { forAWhile, type Torment } from './torment.ts';

interface StorageTrouble {
  readonly message: string;
  begin(): unknown;
  end(): unknown;
}

type Store = World['store'];

function ofThe<Kind extends Store['kind']>(
  kind: Kind,
  name: string,
  troubleOf: (store: Extract<Store, { kind: Kind }>, draw: Random) => StorageTrouble,
  isPossible: (store: Extract<Store, { kind: Kind }>) => boolean = () => true,
): Torment {
  const isOfKind = (store: Store): store is Extract<Store, { kind: Kind }> => store.kind === kind;
  return {
    name: `storage-${name}`,
    subject: 'storage',
    weight: 2,
    isFor: ({ store }) => store.kind === kind,
    isPossible: ({ store }) => isOfKind(store) && isPossible(store),
    async run(world, draw) {
      const ms = draw.between(2000, 8000);
      if (isOfKind(world.store)) await forAWhile(world, { ms, ...troubleOf(world.store, draw) });
    },
  };
}

function beAway({ folder }: FolderStore): StorageTrouble {
  const aside = `${folder}-aside`;
  let isThere = false;
  return {
    message: 'the folder of the videos is away',
    async begin() {
      isThere = await rename(folder, aside).then(
        () => true,
        () => false,
      );
      // A file in its place, so that nobody makes a new folder.
      if (isThere) await writeFile(folder, '');
    },
    async end() {
      if (!isThere) return;
      await rm(folder);
      await rename(aside, folder);
    },
  };
}

const isMounted = ({ disk }: FolderStore) => disk.isMounted;

function answering(message: string, { server }: BucketStore, answer: Answer): StorageTrouble {
  return { message, begin: () => server.answerBy(answer), end: () => server.answerBy(null) };
}

const failures: readonly [[number, string], ...[number, string][]] = [
  [503, 'ServiceUnavailable'],
  [503, 'SlowDown'],
  [500, 'InternalError'],
  [403, 'AccessDenied'],
  [507, 'InsufficientStorage'],
];

function fail(store: BucketStore, draw: Random): StorageTrouble {
  const [status, code] = draw.pick(failures);
  const share = draw.pick([0.5, 1]);
  const message = `the bucket answers ${share === 1 ? 'everything' : 'half of the requests'} with ${code}`;
  return answering(message, store, async (context, next) => {
    if (draw.next() >= share) return next();
    context.status = status;
    context.type = 'application/xml';
    context.body = `<Error><Code>${code}</Code><Message>${code}</Message></Error>`;
  });
}

/** It executes the request, but the response is lost. */
const loseAnswer: Answer = async ({ req }, next) => {
  await next();
  req.socket.destroy();
};

/** Half of what is sent arrives, in either direction. */
const cutShort: Answer = async (context, next) => {
  const { req, res } = context;
  if (req.method === 'PUT') return void req.socket.destroy();
  await next();
  const body = context.body instanceof Readable ? await buffer(context.body) : null;
  if (body === null) return;
  context.respond = false;
  res.writeHead(context.status, { 'content-length': body.length });
  res.write(body.subarray(0, body.length / 2), () => req.socket.destroy());
};

export const storageTorments: readonly Torment[] = [
  ofThe('folder', 'away', beAway),
  ofThe(
    'folder',
    'full',
    ({ disk }) => ({ message: 'the disk of the videos is full', begin: disk.fill, end: disk.empty }),
    isMounted,
  ),
  ofThe(
    'folder',
    'read-only',
    ({ disk, folder }) => ({
      message: 'the folder of the videos is read-only',
      begin: () => disk.forbidWrites(folder),
      end: () => disk.allowWrites(folder),
    }),
    isMounted,
  ),
  ofThe('bucket', 'fails', fail),
  ofThe('bucket', 'loses-answers', (store) => answering('the bucket loses its answers', store, loseAnswer)),
  ofThe('bucket', 'cuts-short', (store) =>
    answering('the bucket cuts short what it is sent and what it sends', store, cutShort),
  ),
];
