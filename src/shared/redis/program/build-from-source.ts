/**
 * Builds a Redis server from its source through redis-memory-server, for systems without apt. Needs make and
 * a C compiler, and takes some minutes. It runs as a process of its own, so that its output stays off our
 * standard output, and with `strict-ssl` switched on: without it that package would accept any certificate
 * for the source it is about to compile and run. Called by find-redis-program.ts.
 */
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { probeBinary } from './probe-binary.ts';
import { runTool } from './run-tool.ts';

export const BUILT_SERVER = 'redis-server';

/** The build is pinned to what is tested. */
const REDIS_VERSION = '7.2.11';
const BUILD_TIMEOUT_MS = 30 * 60 * 1000;

export type SourceBuild = { built: true } | { built: false; because: string };

/** Fills `folder` with the one file `redis-server`, or says why not. */
export async function buildFromSource(folder: string): Promise<SourceBuild> {
  const work = join(folder, 'build');
  const build = await runTool(
    'env',
    [
      'npm_config_strict_ssl=true',
      `REDISMS_DOWNLOAD_DIR=${work}`,
      `REDISMS_VERSION=${REDIS_VERSION}`,
      execPath,
      '--input-type=module',
      '--eval',
      buildScript(),
    ],
    { timeoutMs: BUILD_TIMEOUT_MS },
  );
  if (!build.ok) return { built: false, because: `building Redis failed: ${firstLine(build.complaint)}` };
  return keepServer(work, folder);
}

/** Resolved from here, since a script given by `--eval` would look for packages in the current directory. */
function buildScript(): string {
  const moduleUrl = import.meta.resolve('redis-memory-server');
  return `import memoryServer from ${JSON.stringify(moduleUrl)};
await memoryServer.RedisBinary.getPath();`;
}

async function keepServer(work: string, folder: string): Promise<SourceBuild> {
  const server = join(folder, BUILT_SERVER);
  await copyFile(join(work, REDIS_VERSION, 'redis-server'), server);
  await rm(work, { recursive: true, force: true });
  if ((await probeBinary(server)) === undefined)
    return { built: false, because: 'the built Redis does not run' };
  return { built: true };
}

/** What is not on this machine and needed; undefined if nothing. */
export async function lackingBuildTool(): Promise<string | undefined> {
  for (const tool of ['make', 'cc']) {
    const probe = await runTool(tool, ['--version'], { timeoutMs: 10_000 });
    if (!probe.ok) return tool === 'cc' ? 'a C compiler' : tool;
  }
  return undefined;
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
