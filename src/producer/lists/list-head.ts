/**
 * Reads the first bytes of a stream without consuming them. The head has the same length however the bytes were cut
 * into chunks, so decisions from it do not depend on timing. Disposing it releases the source, whether it was read to
 * its end or not.
 */
export interface HeadedStream extends AsyncDisposable {
  readonly head: Buffer;
  /** The head is all there is. */
  readonly isWhole: boolean;
  /** Everything, the head included; to be read once. */
  readonly chunks: AsyncIterable<Buffer>;
}

// Larger chunks than this are cut, so that no source decides how much is held at once.
const MAX_CHUNK_BYTES = 64 * 1024;

export async function withHead(chunks: AsyncIterable<Uint8Array>, headBytes: number): Promise<HeadedStream> {
  const iterator = chunks[Symbol.asyncIterator]();
  const seen: Buffer[] = [];
  let seenBytes = 0;
  // One byte more than the head shows whether the head is everything.
  while (seenBytes <= headBytes) {
    const next = await iterator.next();
    if (next.done === true) break;
    const bytes = asBuffer(next.value);
    seen.push(bytes);
    seenBytes += bytes.length;
  }
  const read = Buffer.concat(seen);
  return {
    head: read.subarray(0, headBytes),
    isWhole: seenBytes <= headBytes,
    chunks: rejoined(read, iterator),
    [Symbol.asyncDispose]: async () => {
      await iterator.return?.();
    },
  };
}

async function* rejoined(read: Buffer, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Buffer> {
  yield* inPieces(read);
  for (;;) {
    const next = await iterator.next();
    if (next.done === true) return;
    yield* inPieces(asBuffer(next.value));
  }
}

function* inPieces(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += MAX_CHUNK_BYTES) {
    yield bytes.subarray(start, start + MAX_CHUNK_BYTES);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
