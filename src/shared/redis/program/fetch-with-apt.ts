/**
 * Downloads a Redis server from the packages of this Debian or Ubuntu, without root and without changing the system:
 * apt simulates the install to find what is missing, downloads and verifies it into a private folder, and dpkg-deb
 * unpacks it there. A start script lets the server find its libraries. Called by find-redis-program.ts.
 */
import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AptFolders, ServerPackages } from './apt-plan.ts';
import {
  aptOptions,
  missingPackages,
  SERVER_PACKAGES,
  SYSTEM_LISTS,
  simulationArguments,
} from './apt-plan.ts';
import { probeBinary } from './probe-binary.ts';
import { runTool } from './run-tool.ts';

export const APT_START_SCRIPT = 'start-server';

const APT_TIMEOUT_MS = 10 * 60 * 1000;

export type AptFetch = { fetched: true } | { fetched: false; because: string };

/** Whether this system gets its packages through apt. */
export async function hasApt(): Promise<boolean> {
  for (const tool of ['apt-get', 'dpkg-deb']) {
    const probe = await runTool(tool, ['--version'], { timeoutMs: 10_000 });
    if (!probe.ok) return false;
  }
  return true;
}

/** Fills `folder` with a server that has been seen to run, or says why not. */
export async function fetchWithApt(folder: string): Promise<AptFetch> {
  const work = join(folder, 'apt');
  try {
    return await fetchUsing(folder, work);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function fetchUsing(folder: string, work: string): Promise<AptFetch> {
  const system: AptFolders = { lists: SYSTEM_LISTS, work };
  const priv: AptFolders = { lists: join(work, 'lists'), work };
  await makeAptFolders(priv);
  const first = await fetchFromLists(folder, system);
  if (first.fetched) return first;
  // The system's lists are absent (a fresh container image) or name versions that have been superseded.
  const update = await runTool('apt-get', [...aptOptions(priv), '-qq', 'update'], {
    timeoutMs: APT_TIMEOUT_MS,
  });
  const second = await fetchFromLists(folder, priv);
  if (second.fetched || update.ok) return second;
  return { fetched: false, because: lastLine(update.complaint) };
}

async function fetchFromLists(folder: string, lists: AptFolders): Promise<AptFetch> {
  let because = 'no server package in the package lists';
  for (const wanted of SERVER_PACKAGES) {
    const packages = await planPackages(wanted, lists);
    if (packages.length === 0) continue;
    const result = await unpackPackages(folder, wanted.server, packages, lists);
    if (result.fetched) return result;
    because = result.because;
  }
  return { fetched: false, because };
}

async function planPackages(wanted: ServerPackages, lists: AptFolders): Promise<string[]> {
  const args = [...aptOptions(lists), ...simulationArguments(wanted)];
  const simulation = await runTool('apt-get', args, { timeoutMs: APT_TIMEOUT_MS });
  return simulation.ok ? missingPackages(simulation.stdout) : [];
}

async function unpackPackages(
  folder: string,
  server: string,
  packages: readonly string[],
  lists: AptFolders,
): Promise<AptFetch> {
  const archives = join(lists.work, `archives-${server}`);
  await mkdir(archives, { recursive: true });
  const args = [...aptOptions(lists), '-qq', 'download', ...packages];
  const download = await runTool('apt-get', args, { cwd: archives, timeoutMs: APT_TIMEOUT_MS });
  if (!download.ok) return { fetched: false, because: lastLine(download.complaint) };
  for (const archive of await readdir(archives)) {
    const unpack = await runTool('dpkg-deb', ['-x', join(archives, archive), join(folder, 'root')], {
      timeoutMs: APT_TIMEOUT_MS,
    });
    if (!unpack.ok) return { fetched: false, because: lastLine(unpack.complaint) };
  }
  return writeStartScript(folder, server);
}

async function writeStartScript(folder: string, server: string): Promise<AptFetch> {
  const script = join(folder, APT_START_SCRIPT);
  await writeFile(script, startScript(server, await libraryFolders(join(folder, 'root'))));
  await chmod(script, 0o755);
  if ((await probeBinary(script)) !== undefined) return { fetched: true };
  return { fetched: false, because: `the unpacked ${server} does not run on this system` };
}

/**
 * Written relative to itself: the folder is renamed after this, and a home directory may move. Servers of
 * older releases load their Lua libraries (cjson, without which no script of ours runs) as modules.
 */
function startScript(server: string, libraryFolderNames: readonly string[]): string {
  const folders = libraryFolderNames.map((name) => `$root/${name}`);
  const modules = folders.filter((folder) => folder.endsWith('/lua/5.1')).map((folder) => `${folder}/?.so;`);
  return `#!/bin/sh
root=$(cd "$(dirname "$0")" && pwd)/root
LD_LIBRARY_PATH="${folders.join(':')}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
LUA_PATH="$root/usr/share/lua/5.1/?.lua;;"
LUA_CPATH="${modules.join('')};"
export LD_LIBRARY_PATH LUA_PATH LUA_CPATH
exec "$root/usr/bin/${server}" "$@"
`;
}

/** The folders below `root` in which shared libraries were unpacked, as relative names. */
async function libraryFolders(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const folders = entries
    .filter((entry) => /\.so(\.|$)/.test(entry.name))
    .map((entry) => entry.parentPath.slice(root.length + 1));
  return [...new Set(folders)];
}

async function makeAptFolders(folders: AptFolders): Promise<void> {
  const paths = [
    join(folders.lists, 'partial'),
    join(folders.work, 'cache', 'archives', 'partial'),
    join(folders.work, 'state'),
    join(folders.work, 'log'),
  ];
  for (const path of paths) await mkdir(path, { recursive: true });
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
