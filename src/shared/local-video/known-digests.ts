/**
 * Digests of video files, stored in DATA_DIR with the size and time of each file, so that a file is read once for its
 * identity. Used by the producer and by uploads.
 */
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestOf } from './read-video.ts';

export interface KnownDigests {
  /**
   * SHA-256 of a file, in hex.
   * @param mark what changes when the content does, from `inspectVideo`
   */
  of(path: string, mark: string): Promise<string>;
}

export function createKnownDigests(dataDir: string): KnownDigests {
  const file = join(dataDir, 'known-videos');
  let known: Map<string, string> | undefined;
  return {
    async of(path, mark) {
      known ??= readKnown(file);
      const key = JSON.stringify([path, mark]);
      const kept = known.get(key);
      if (kept !== undefined) return kept;
      const sha256 = await digestOf(path);
      known.set(key, sha256);
      keep(file, `${sha256} ${key}\n`);
      return sha256;
    },
  };
}

function readKnown(file: string): Map<string, string> {
  try {
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    return new Map(lines.map((line) => [line.slice(65), line.slice(0, 64)]));
  } catch {
    return new Map();
  }
}

/** Losing it costs another reading. */
function keep(file: string, line: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    appendFileSync(file, line);
  } catch {
    // A full or read-only DATA_DIR stops nothing here.
  }
}
