/**
 * Receives a body of unknown size into a file without a name: bounded, hashed on the way, and removed with the process
 * in any case, because the name is deleted as soon as the file is open.
 */
import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SpooledList extends AsyncDisposable {
  readonly sha256: string;
  /** From the start, with each call. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

const readBytes = 64 * 1024;

/** @returns null when there is more than `maxBytes`; the caller gives the body up */
export async function spool(body: AsyncIterable<Buffer>, maxBytes: number): Promise<SpooledList | null> {
  const file = await openNameless();
  try {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    for await (const chunk of body) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) {
        await file.close();
        return null;
      }
      hash.update(chunk);
      await file.appendFile(chunk);
    }
    return spooled(file, hash.digest('hex'));
  } catch (error) {
    await file.close();
    throw error;
  }
}

function spooled(file: FileHandle, sha256: string): SpooledList {
  return {
    sha256,
    chunks: {
      [Symbol.asyncIterator]: () =>
        file
          .createReadStream({ start: 0, autoClose: false, highWaterMark: readBytes })
          [Symbol.asyncIterator](),
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

async function openNameless(): Promise<FileHandle> {
  const path = join(tmpdir(), `kie-batch-list-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  // Where an open file cannot be unlinked it stays in the temporary folder, which is cleaned by its system.
  await unlink(path).catch(() => undefined);
  return file;
}
