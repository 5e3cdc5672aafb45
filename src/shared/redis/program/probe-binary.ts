/**
 * Whether a file is a Redis or Valkey server that runs here: its version is read, so that a binary for another system,
 * with a missing library or cut short is found before it is used.
 */
import { runTool } from './run-tool.ts';

/** The version, or undefined when this is no server that runs here. */
export async function probeBinary(path: string): Promise<string | undefined> {
  const result = await runTool(path, ['--version'], { timeoutMs: 10_000 });
  if (!result.ok) return undefined;
  return parseServerVersion(result.stdout);
}

/** `Redis server v=7.0.15 sha=…` and `Valkey server v=8.1.1 sha=…`. */
export function parseServerVersion(output: string): string | undefined {
  return /^(?:Redis|Valkey) server v=(\d+\.\d+\.\d+)/m.exec(output)?.[1];
}
