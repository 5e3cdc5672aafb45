/**
 * Finds something that can run a local Redis, in a fixed order: a server on PATH, one fetched earlier, else
 * one is fetched, saying so: from the distribution's packages, or as a container. Redis is never compiled here:
 * docs/decisions/local-redis.md says why. Called by
 * the local Redis when no server is running yet. Ends in a RedisUnusableError that names the install line.
 */
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import { RedisUnusableError } from '../redis-unusable-error.ts';
import { isTooOld } from '../redis-version.ts';
import { localRedisImages, REDIS_IMAGE } from './container-engine.ts';
import { APT_START_SCRIPT, fetchWithApt, hasApt } from './fetch-with-apt.ts';
import type { OperatingSystem } from './operating-system.ts';
import { cacheName, detectOperatingSystem, installLine } from './operating-system.ts';
import { probeBinary } from './probe-binary.ts';
import { publishFolder } from './published-folder.ts';
import type { RedisProgram } from './redis-program.ts';
import { runTool } from './run-tool.ts';

export interface FindProgramDependencies {
  /** The folder for things fetched once, shared by all batches of this user. */
  cacheDir: string;
  logger: Logger;
  clock: Clock;
}

interface Search extends FindProgramDependencies {
  system: OperatingSystem;
  /** Why each way tried did not work, for the message at the end. */
  reasons: string[];
}

type Way = (search: Search) => Promise<RedisProgram | undefined>;

const WAYS: readonly Way[] = [findOnPath, findFetched, fetchPackages, findContainerEngine];

export async function findRedisProgram(dependencies: FindProgramDependencies): Promise<RedisProgram> {
  const search: Search = { ...dependencies, system: await detectOperatingSystem(), reasons: [] };
  for (const way of WAYS) {
    const program = await way(search);
    if (program !== undefined) return program;
  }
  throw new RedisUnusableError('no-program', noProgramMessage(search.system, search.reasons));
}

export function noProgramMessage(system: OperatingSystem, reasons: readonly string[]): string {
  const line = installLine(system);
  const install = line === undefined ? 'Install Redis' : `Install it (${line})`;
  const tried = reasons.length === 0 ? '' : ` Tried: ${reasons.join('; ')}.`;
  return `There is no Redis on this machine, and none could be downloaded. ${install} or set REDIS_URL.${tried}`;
}

async function findOnPath(search: Search): Promise<RedisProgram | undefined> {
  for (const name of ['redis-server', 'valkey-server']) {
    const located = await runTool('sh', ['-c', 'command -v "$0"', name], { timeoutMs: 10_000 });
    const path = located.stdout.trim();
    if (!located.ok || !path.startsWith('/')) continue;
    const program = await usableBinary(path, 'on PATH', search);
    if (program !== undefined) return program;
  }
  return undefined;
}

async function findFetched(search: Search): Promise<RedisProgram | undefined> {
  const { folder, file } = packagesPlace(search);
  return usableBinary(join(folder, file), 'fetched earlier', search);
}

async function fetchPackages(search: Search): Promise<RedisProgram | undefined> {
  if (!(await hasApt())) return undefined;
  const { folder, file } = packagesPlace(search);
  search.logger.info(
    { folder },
    'No Redis on this machine: downloading one from the distribution’s packages, once',
  );
  return fetchInto(search, folder, file, async (work) => {
    const result = await fetchWithApt(work);
    return result.fetched ? undefined : `the distribution’s packages (${result.because})`;
  });
}

async function findContainerEngine(search: Search): Promise<RedisProgram | undefined> {
  const images = await localRedisImages();
  if (images === undefined) {
    search.reasons.push('no Docker engine answers');
    return undefined;
  }
  const image = images[0] ?? REDIS_IMAGE;
  search.logger.info({ image }, 'No Redis on this machine: running one as a container');
  return { kind: 'container', image, origin: 'container' };
}

/** Runs one way of fetching; `fetch` answers why it failed, or nothing. */
async function fetchInto(
  search: Search,
  folder: string,
  file: string,
  fetch: (work: string) => Promise<string | undefined>,
): Promise<RedisProgram | undefined> {
  try {
    await publishFolder({
      target: folder,
      clock: search.clock,
      fill: async (work) => {
        const failure = await fetch(work);
        if (failure !== undefined) throw new Error(failure);
      },
      isUsable: async () => (await probeBinary(join(folder, file))) !== undefined,
    });
  } catch (error) {
    search.reasons.push(error instanceof Error ? error.message : String(error));
    return undefined;
  }
  return usableBinary(join(folder, file), 'fetched', search);
}

async function usableBinary(path: string, origin: string, search: Search): Promise<RedisProgram | undefined> {
  const version = await probeBinary(path);
  if (version === undefined) return undefined;
  if (!isTooOld(version)) return { kind: 'binary', path, origin };
  search.reasons.push(`${path} is Redis ${version}, too old`);
  return undefined;
}

function packagesPlace(search: Search): { folder: string; file: string } {
  return {
    folder: join(search.cacheDir, 'redis', `packages-${cacheName(search.system)}`),
    file: APT_START_SCRIPT,
  };
}
