/**
 * The facts of this system that matter for getting a Redis: where its packages come from, its install command, and the
 * name under which a downloaded server is stored (several kinds of machines may share a home directory).
 */
import { readFile } from 'node:fs/promises';
import { arch, platform } from 'node:process';

export interface OperatingSystem {
  platform: string;
  architecture: string;
  /** Of Linux distributions: `debian`, `ubuntu`, `fedora`, …; the last entries name what it derives from. */
  family: readonly string[];
  release: string;
}

export async function detectOperatingSystem(): Promise<OperatingSystem> {
  const osRelease = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return parseOperatingSystem(platform, arch, osRelease);
}

export function parseOperatingSystem(
  platformName: string,
  architecture: string,
  osRelease: string,
): OperatingSystem {
  const fields = new Map<string, string>();
  for (const line of osRelease.split('\n')) {
    const [, key, value] = /^([A-Z_]+)="?([^"]*)"?$/.exec(line.trim()) ?? [];
    if (key !== undefined && value !== undefined) fields.set(key, value);
  }
  const family = `${fields.get('ID') ?? ''} ${fields.get('ID_LIKE') ?? ''}`.split(' ').filter(Boolean);
  return { platform: platformName, architecture, family, release: fields.get('VERSION_ID') ?? 'rolling' };
}

/** Folder name for what was fetched for this system, such as `debian-12-x64`. */
export function cacheName(system: OperatingSystem): string {
  const name = system.family[0] ?? system.platform;
  return `${name}-${system.release}-${system.architecture}`.replaceAll(/[^\w.-]/g, '_');
}

const INSTALL_LINES: Record<string, string> = {
  debian: 'sudo apt-get install redis-server',
  ubuntu: 'sudo apt-get install redis-server',
  alpine: 'sudo apk add redis',
  fedora: 'sudo dnf install valkey',
  rhel: 'sudo dnf install valkey',
  arch: 'sudo pacman -S valkey',
  suse: 'sudo zypper install redis',
  darwin: 'brew install redis',
};

/** The line a person types to install a Redis here; undefined where there is none. */
export function installLine(system: OperatingSystem): string | undefined {
  for (const name of [...system.family, system.platform]) {
    const line = INSTALL_LINES[name];
    if (line !== undefined) return line;
  }
  return undefined;
}
