/**
 * Finds out whether a result is stored already: a worker killed between the commit and its note in the
 * ledger leaves a whole file, and the job that runs again must not fetch it twice. Only a file whose label
 * names this very task is taken; one of another task or another program is fetched over.
 */

import { createHash } from 'node:crypto';
import { inspectAll } from '../../shared/media/inspection.ts';
import { isLabelledFor } from '../../shared/media/mp4/xmp-box.ts';
import type { Storage } from '../../shared/storage/storage.ts';
import type { FetchRequest, StoredReply } from './fetch-reply.ts';

export async function findStored(
  { key, disclosure, sidecarOf }: Pick<FetchRequest, 'key' | 'disclosure' | 'sidecarOf'>,
  storage: Storage,
): Promise<StoredReply | undefined> {
  if ((await storage.stat(key)) === undefined) return undefined;
  const inspection = await inspectAll(storage.read(key));
  const walked = inspection.end();
  if (walked.kind === 'broken' || !isLabelledFor(walked.facts.xmpPackets, disclosure)) return undefined;
  await storage.clearParts(key);
  const sourceBytes = walked.facts.lastXmpAt ?? inspection.bytes;
  const stored: StoredReply = {
    outcome: 'stored',
    key,
    file: storage.locate(key),
    bytes: inspection.bytes,
    sha256: inspection.sha256(),
    sourceSha256: await hashFirst(storage.read(key), sourceBytes),
    resumedFromBytes: sourceBytes,
  };
  // The kill may have come before the sidecar had its name.
  await storage.putSidecar(key, sidecarOf(stored));
  return stored;
}

async function hashFirst(chunks: AsyncIterable<Buffer>, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  let rest = bytes;
  for await (const chunk of chunks) {
    hash.update(chunk.subarray(0, rest));
    rest -= chunk.length;
    if (rest <= 0) break;
  }
  return hash.digest('hex');
}
