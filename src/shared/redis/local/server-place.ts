/**
 * Where the things of a local Redis lie: its folder in DATA_DIR, and its socket, which has to have a short
 * path and therefore sometimes lives in a private folder elsewhere. Called by the other files here.
 */
import { chmod, lstat, mkdir, mkdtemp, realpath, rmdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { getuid } from 'node:process';
import { RedisUnusableError } from '../redis-unusable-error.ts';

/** The smallest limit of the systems we run on (macOS: 104 with the terminating zero; Linux: 108). */
const MAX_SOCKET_PATH_BYTES = 103;
const PRIVATE_PREFIX = 'kie-batch-';
const SOCKET_NAME = 'redis.sock';

export interface ServerPlace {
  /** Append-only file, log and configuration. */
  folder: string;
  lockFolder: string;
  recordFile: string;
  configurationFile: string;
  logFile: string;
}

/** Creates `DATA_DIR/redis`, for us alone. */
export async function prepareServerPlace(dataDir: string): Promise<ServerPlace> {
  const wanted = resolve(dataDir, 'redis');
  const folder = await makePrivate(wanted).then(
    () => realpath(wanted),
    (error: Error) => {
      throw new RedisUnusableError('start-failed', `DATA_DIR cannot be used: ${error.message}`, {
        cause: error,
      });
    },
  );
  return {
    folder,
    lockFolder: join(folder, 'lock'),
    recordFile: join(folder, 'server.json'),
    configurationFile: join(folder, 'redis.conf'),
    logFile: join(folder, 'redis.log'),
  };
}

/** One that was made by another program, or copied, may be open to all: keys and lists lie in it. */
async function makePrivate(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { mode, uid } = await stat(folder);
  if ((mode & 0o077) !== 0 && uid === getuid?.()) await chmod(folder, 0o700);
}

/** A path for the socket: the one used before if it still serves, so that users find a restarted server. */
export async function chooseSocketPath(place: ServerPlace, before: string | undefined): Promise<string> {
  const beside = join(place.folder, SOCKET_NAME);
  if (Buffer.byteLength(beside) <= MAX_SOCKET_PATH_BYTES) return beside;
  if (before !== undefined && (await isPrivateFolder(dirname(before)))) return before;
  return join(await mkdtemp(join(await shortTemporaryFolder(), PRIVATE_PREFIX)), SOCKET_NAME);
}

/** Removes the private folder of a socket that is no longer used. */
export async function discardSocketPath(path: string): Promise<void> {
  const folder = dirname(path);
  if (basename(folder).startsWith(PRIVATE_PREFIX)) await rmdir(folder).catch(() => undefined);
}

/** The system's temporary folder, unless that is too long itself. */
async function shortTemporaryFolder(): Promise<string> {
  const own = await realpath(tmpdir());
  const longest = Buffer.byteLength(join(own, `${PRIVATE_PREFIX}XXXXXX`, SOCKET_NAME));
  return longest <= MAX_SOCKET_PATH_BYTES ? own : '/tmp';
}

/** No other user may have created this folder: it must be a real one, ours, and closed to others. */
async function isPrivateFolder(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined || !stats.isDirectory()) return false;
  return stats.uid === (getuid?.() ?? stats.uid) && (stats.mode & 0o077) === 0;
}
