/**
 * Videos on this machine, as the producer sees them: whether a model takes them, and the digest of their content, which
 * is their identity. A digest is kept in DATA_DIR beside the size and time of its file, so that the same folder given
 * again is not read again.
 */
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Configuration } from '../shared/configuration/configuration.ts';
import { isOfThisHost, placeOf } from '../shared/local-video/local-address.ts';
import { digestOf, inspectVideo } from '../shared/local-video/read-video.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { readFileLength } from '../shared/video-length/read-length.ts';

export type LocalVideo =
  | { readonly kind: 'video'; readonly sha256: string }
  | { readonly kind: 'refused'; readonly reason: string };

export interface LocalVideos {
  /** @param address `file://…`, from the list */
  read(address: string, model: ModelDefinition): Promise<LocalVideo>;
}

export interface LocalVideosOptions {
  readonly dataDir: string;
  readonly maxBytes: number;
}

/** For a session's settings. */
export function localVideosOf(settings: Pick<Configuration, 'DATA_DIR' | 'MAX_VIDEO_BYTES'>): LocalVideos {
  return openLocalVideos({ dataDir: settings.DATA_DIR, maxBytes: settings.MAX_VIDEO_BYTES });
}

const refused = (reason: string): LocalVideo => ({ kind: 'refused', reason });

export function openLocalVideos({ dataDir, maxBytes }: LocalVideosOptions): LocalVideos {
  const file = join(dataDir, 'known-videos');
  let known: Map<string, string> | undefined;

  async function digest(path: string, mark: string): Promise<string> {
    known ??= readKnown(file);
    const key = JSON.stringify([path, mark]);
    const kept = known.get(key);
    if (kept !== undefined) return kept;
    const sha256 = await digestOf(path);
    known.set(key, sha256);
    keep(file, `${sha256} ${key}\n`);
    return sha256;
  }

  return {
    async read(address, model) {
      const place = placeOf(address);
      if (place === null) return refused('this names no file');
      if (!isOfThisHost(place)) return refused(`the file is on the machine ${place.host}; give it there`);
      const { path } = place;
      const most = Math.min(maxBytes, model.video.maxBytes ?? maxBytes);
      const found = await inspectVideo(path, most);
      if (found.kind === 'unreadable') return refused(`${path} ${found.reason}`);
      const { kinds } = model.video;
      if (kinds.length > 0 && !kinds.includes(found.ending.slice(1)))
        return refused(`${path} is a ${found.ending} file; ${model.id} takes ${kinds.join(', ')}`);
      const tooLong = judgeLength(await readFileLength(path).catch(() => null), model);
      if (tooLong !== null) return refused(`${path} ${tooLong}`);
      return { kind: 'video', sha256: await digest(path, found.mark) };
    },
  };
}

/** @param seconds null when it cannot be told: then the vendor judges */
export function judgeLength(seconds: number | null, { id, video }: ModelDefinition): string | null {
  if (seconds === null) return null;
  const { minSeconds = 0, maxSeconds = Number.POSITIVE_INFINITY } = video;
  // Headers round; nobody loses a video for a frame.
  const slack = 0.1;
  const shown = Math.round(seconds * 10) / 10;
  if (seconds > maxSeconds + slack) return `has ${shown} seconds; ${id} takes at most ${maxSeconds}`;
  if (seconds < minSeconds - slack) return `has ${shown} seconds; ${id} takes at least ${minSeconds}`;
  return null;
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
