/**
 * Finds a result that is already stored: a worker killed between the commit and its note in the ledger leaves a
 * complete file, and the repeated job must not download it twice. Only a file whose label or sidecar names this task
 * counts; one of another task or program is replaced.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Disclosure } from '../../shared/media/disclosure.ts';
import { type Inspection, inspectAll } from '../../shared/media/inspection.ts';
import { isLabelledFor, type MediaFacts } from '../../shared/media/label.ts';
import { mediaEndings, mediaKinds } from '../../shared/media/media-kind.ts';
import type { Storage } from '../../shared/storage/storage.ts';
import type { FetchRequest, StoredReply } from './fetch-reply.ts';

type Wanted = Pick<FetchRequest, 'key' | 'disclosure' | 'sidecarOf'>;

interface Source {
  readonly bytes: number;
  readonly sha256: string;
}

export async function findStored(wanted: Wanted, storage: Storage): Promise<StoredReply | undefined> {
  // Looking for each ending costs as much as the rest of a small download. Nearly always there is nothing: a result whose
  // worker was killed before the sidecar had its name is found where it is a video, and fetched again where it is not.
  const hasSidecar = (await storage.readSidecar(wanted.key)) !== undefined;
  const endings = hasSidecar ? mediaEndings : [mediaKinds.mp4.ending];
  for (const key of await storage.withAnyEnding(wanted.key, endings)) {
    const stored = await recognise(key, wanted, storage);
    if (stored !== undefined) return stored;
  }
  return undefined;
}

async function recognise(
  key: string,
  { key: opened, disclosure, sidecarOf }: Wanted,
  storage: Storage,
): Promise<StoredReply | undefined> {
  const inspection = await inspectAll(storage.read(key));
  const walked = inspection.end();
  if (walked.kind === 'broken' || !key.endsWith(mediaKinds[walked.facts.kind].ending)) return undefined;
  const source =
    (await sourceByLabel(key, walked.facts, inspection, disclosure, storage)) ??
    (await sourceBySidecar(key, inspection, disclosure, storage));
  if (source === undefined) return undefined;
  await storage.clearParts(opened);
  const stored: StoredReply = {
    kind: 'stored',
    key,
    file: storage.locate(key),
    bytes: inspection.bytes,
    sha256: inspection.sha256(),
    sourceSha256: source.sha256,
    resumedFromBytes: source.bytes,
    isFound: true,
  };
  // The worker may have been killed before the sidecar had its name.
  await storage.putSidecar(key, sidecarOf(stored));
  return stored;
}

/** A label that was appended can be removed again. */
async function sourceByLabel(
  key: string,
  { kind, xmp }: MediaFacts,
  inspection: Inspection,
  disclosure: Disclosure,
  storage: Storage,
): Promise<Source | undefined> {
  if (mediaKinds[kind].label !== 'appended' || xmp === undefined || !isLabelledFor(xmp, disclosure))
    return undefined;
  const sha256 = await hashWithout(storage.read(key), xmp.at, xmp.bytes);
  return { bytes: inspection.bytes - xmp.bytes, sha256 };
}

const sidecarSchema = z.object({
  taskId: z.string(),
  url: z.string(),
  sha256: z.string(),
  sourceSha256: z.string(),
});

/** Where the label has changed more, or there is none, only the sidecar knows what was received. */
async function sourceBySidecar(
  key: string,
  inspection: Inspection,
  disclosure: Disclosure,
  storage: Storage,
): Promise<Source | undefined> {
  const { data } = sidecarSchema.safeParse(await storage.readSidecar(key));
  const isOurs = data?.taskId === disclosure.taskId && data.url === disclosure.link;
  if (!isOurs || data.sha256 !== inspection.sha256()) return undefined;
  return { bytes: inspection.bytes, sha256: data.sourceSha256 };
}

async function hashWithout(chunks: AsyncIterable<Buffer>, at: number, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  let position = 0;
  for await (const chunk of chunks) {
    const [from, to] = [at - position, at + bytes - position].map((each) => Math.max(0, each));
    hash.update(chunk.subarray(0, from)).update(chunk.subarray(to));
    position += chunk.length;
  }
  return hash.digest('hex');
}
