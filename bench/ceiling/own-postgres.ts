/** PostgreSQL for a benchmark, with its usual settings, in a folder that is removed with it. It refuses to run as root. */
import { execFile } from 'node:child_process';
import { chown, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Where Debian and its relatives put the programs of each version. */
const versionsFolder = '/usr/lib/postgresql';

export interface OwnPostgres extends AsyncDisposable {
  readonly url: string;
}

/** @returns null where it is not installed, or where root has no user `postgres` to start it as */
export async function openOwnPostgres(): Promise<OwnPostgres | null> {
  const [version] = (await readdir(versionsFolder).catch(() => [])).toSorted().reverse();
  const user = await serverUser();
  if (version === undefined || user === null) return null;
  const program = (name: string) => join(versionsFolder, version, 'bin', name);
  const folder = await mkdtemp(join(tmpdir(), 'kie-batch-postgres-'));
  const data = join(folder, 'data');
  await mkdir(data);
  for (const path of [folder, data]) await chown(path, user.uid, user.gid);
  const as = { ...user, cwd: folder };
  await run(program('initdb'), ['-D', data, '-U', 'bench', '-A', 'trust'], as);
  const options = `-c listen_addresses= -k ${folder}`;
  await run(program('pg_ctl'), ['-D', data, '-l', join(folder, 'log'), '-o', options, '-w', 'start'], as);
  return {
    url: `postgresql://bench@localhost/postgres?host=${encodeURIComponent(folder)}`,
    async [Symbol.asyncDispose]() {
      await run(program('pg_ctl'), ['-D', data, '-m', 'immediate', 'stop'], as);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function serverUser(): Promise<{ uid: number; gid: number } | null> {
  const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  if (own.uid !== 0) return own;
  const id = async (flag: string) => Number((await run('id', [flag, 'postgres'])).stdout);
  return Promise.all([id('-u'), id('-g')]).then(
    ([uid, gid]) => ({ uid, gid }),
    () => null,
  );
}
