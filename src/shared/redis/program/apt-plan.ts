/**
 * The pure half of fetching through apt: which options keep apt inside our own folders, and which packages
 * its simulation says are missing. Called by fetch-with-apt.ts.
 */
import { join } from 'node:path';

export interface ServerPackages {
  /** Name of the server's program and of its package. */
  server: string;
  /** The package that holds the binary which the server's own package only links to. */
  tools: string;
}

/** By preference; a distribution has at least one of them. */
export const SERVER_PACKAGES: readonly ServerPackages[] = [
  { server: 'redis-server', tools: 'redis-tools' },
  { server: 'valkey-server', tools: 'valkey-tools' },
];

export interface AptFolders {
  /** Package lists: the system's own, read only, or a private copy. */
  lists: string;
  /** Everything apt writes. */
  work: string;
}

export const SYSTEM_LISTS = '/var/lib/apt/lists';

/**
 * Options that let apt run without root: it reads the system's sources, keys, proxies and the list of
 * installed packages, and writes below `folders.work` (and `folders.lists`, for an update) alone.
 */
export function aptOptions(folders: AptFolders): string[] {
  const settings = {
    'Dir::State': join(folders.work, 'state'),
    'Dir::State::lists': folders.lists,
    'Dir::State::status': '/var/lib/dpkg/status',
    'Dir::Cache': join(folders.work, 'cache'),
    'Dir::Log': join(folders.work, 'log'),
    // The lock files belong to root, and nothing that they guard is written here.
    'Debug::NoLocking': '1',
    // As root apt would hand downloads to the user _apt, who cannot enter our private folder.
    'APT::Sandbox::User': 'root',
    'APT::Get::List-Cleanup': '0',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
    'Acquire::http::Timeout': '30',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/** The simulation; `--reinstall`, since a package that is installed already is still missing in our folder. */
export function simulationArguments(packages: ServerPackages): string[] {
  return ['-s', '--no-install-recommends', '--reinstall', 'install', packages.server, packages.tools];
}

/**
 * Reads the simulation of an install: `Inst name [old] (version origin [arch])`, one line per package that is missing
 * on the system. Returns them in the form for `apt-get download`.
 */
export function missingPackages(simulation: string): string[] {
  return simulation.split('\n').flatMap((line) => {
    const match = /^Inst (\S+) (?:\[[^\]]*\] )?\((\S+) .*\[([^\]]+)\]\)/.exec(line);
    const [, name, version, architecture] = match ?? [];
    if (name === undefined || version === undefined || architecture === undefined) return [];
    return [`${name.split(':', 1)[0]}${qualifier(architecture)}=${version}`];
  });
}

function qualifier(architecture: string): string {
  return architecture === 'all' ? '' : `:${architecture}`;
}
