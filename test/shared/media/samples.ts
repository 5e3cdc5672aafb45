/** A small valid file of each kind, made by ffmpeg (scripts/make-sample-video.sh, make-sample-results.sh). */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type MediaKind, mediaKinds } from '../../../src/shared/media/media-kind.ts';

const simulator = join(import.meta.dirname, '../../../src/simulator');

export async function sampleOf(kind: MediaKind): Promise<Buffer> {
  const { ending } = mediaKinds[kind];
  return readFile(join(simulator, kind === 'mp4' ? 'sample.mp4' : `samples/sample${ending}`));
}
