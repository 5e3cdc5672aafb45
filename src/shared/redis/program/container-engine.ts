/**
 * Whether a Docker engine answers here, and which Redis image it has. Used if there is no server binary, and by the
 * test setup. Called by find-redis-program.ts.
 */
import { runTool } from './run-tool.ts';

/** Pulled where the engine has no Redis image yet; the same as in docker-compose.yml. */
export const REDIS_IMAGE = 'redis:8-alpine';

const ENGINE_TIMEOUT_MS = 10_000;

/** Undefined when no engine answers. */
export async function localRedisImages(): Promise<string[] | undefined> {
  const args = ['images', '--format', '{{.Repository}}:{{.Tag}}'];
  const images = await runTool('docker', args, { timeoutMs: ENGINE_TIMEOUT_MS });
  return images.ok ? redisImages(images.stdout) : undefined;
}

/** Of a list of `repository:tag` lines those that are a plain Redis or Valkey, in the order given. */
export function redisImages(listing: string): string[] {
  return listing
    .split('\n')
    .map((line) => line.trim())
    .filter((image) => /^(?:docker\.io\/)?(?:library\/)?(?:redis|valkey\/valkey):(?!<none>)\S+$/.test(image));
}
