/**
 * Appends to a file while the network continues: chunks are collected and written together, one vectored
 * write at a time, so a large file costs few system calls and the event loop never waits for the disk. The
 * file is opened by the first write, so a small one that is whole by then costs no state on the disk.
 * Invariant: every write names its position, and after a failed write nothing more is written.
 */
import type { FileHandle } from 'node:fs/promises';

/** How much may be in memory, waiting or being written, before the reader of the network is held back. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

/** A write is worth its trip to another thread from here on. */
const WORTHWHILE_BYTES = 1024 * 1024;

/** A slow transfer writes at least this often, so that a killed process loses little. */
const MAX_WAIT_MS = 200;

/** Linux accepts at most 1,024 buffers in one vectored write. */
const MAX_BUFFERS = 1024;

/** Pushing data out while it arrives leaves little for the final fsync. */
const FLUSH_EVERY_BYTES = 64 * 1024 * 1024;

export interface WriteBehind {
  readonly positionBytes: number;
  /**
   * Takes ownership of the chunk; the caller must not touch it again. Resolves when there is room for more; rejects
   * with the failure of any earlier write.
   */
  write(chunk: Buffer): Promise<void>;
  /** Resolves when everything is with the operating system. */
  drain(): Promise<void>;
  /** As `drain`, then makes it durable. */
  sync(): Promise<void>;
  /** Closes the file if it was ever opened; what was not drained is lost. Never throws. */
  close(): Promise<void>;
}

export function createWriteBehind(
  openFile: (isLastWrite: boolean) => Promise<FileHandle>,
  startBytes: number,
): WriteBehind {
  let opening: Promise<FileHandle> | undefined;
  const waiting: Buffer[] = [];
  let waitingBytes = 0;
  let inFlightBytes = 0;
  let writtenBytes = startBytes;
  let flushedBytes = startBytes;
  let running: Promise<void> | undefined;
  let flushing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let failure: { readonly error: unknown } | undefined;
  let makeRoom: (() => void) | undefined;
  let isLastWrite = false;

  function opened(): Promise<FileHandle> {
    opening ??= openFile(isLastWrite);
    return opening;
  }

  async function writeBatch(): Promise<void> {
    const handle = await opened();
    const batch = waiting.splice(0, MAX_BUFFERS);
    inFlightBytes = sizeOf(batch);
    waitingBytes -= inFlightBytes;
    await writeFully(handle, batch, writtenBytes);
    for (const buffer of batch) release(buffer);
    writtenBytes += inFlightBytes;
    inFlightBytes = 0;
    if (writtenBytes - flushedBytes >= FLUSH_EVERY_BYTES) flush(handle);
  }

  /** Runs during the writes, one at a time. A failure counts: the kernel reports it only once. */
  function flush(handle: FileHandle): void {
    if (flushing !== undefined) return;
    flushedBytes = writtenBytes;
    flushing = handle
      .datasync()
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => {
        flushing = undefined;
      });
  }

  async function writeAll(leastBytes: number): Promise<void> {
    try {
      while (waitingBytes >= leastBytes) {
        await writeBatch();
        makeRoom?.();
      }
    } catch (error) {
      failure ??= { error };
    }
    running = undefined;
    makeRoom?.();
    if (waitingBytes > 0 && failure === undefined) writeSoon();
  }

  function writeNow(leastBytes: number): void {
    clearTimeout(timer);
    timer = undefined;
    if (waitingBytes >= leastBytes) running ??= writeAll(leastBytes);
  }

  function writeSoon(): void {
    timer ??= setTimeout(() => writeNow(1), MAX_WAIT_MS);
  }

  function throwIfFailed(): void {
    if (failure !== undefined) throw failure.error;
  }

  async function room(): Promise<void> {
    while (failure === undefined && waitingBytes + inFlightBytes >= MAX_WAITING_BYTES) {
      await new Promise<void>((resolve) => {
        makeRoom = resolve;
      });
    }
    makeRoom = undefined;
  }

  async function drain(): Promise<void> {
    while (failure === undefined && (running !== undefined || waitingBytes > 0)) {
      writeNow(1);
      await running;
    }
    throwIfFailed();
  }

  return {
    get positionBytes() {
      return writtenBytes + inFlightBytes + waitingBytes;
    },
    async write(chunk) {
      throwIfFailed();
      if (chunk.length === 0) return;
      waiting.push(chunk);
      waitingBytes += chunk.length;
      if (waitingBytes >= WORTHWHILE_BYTES) writeNow(WORTHWHILE_BYTES);
      else writeSoon();
      await room();
      throwIfFailed();
    },
    drain,
    async sync() {
      isLastWrite = true;
      await drain();
      await (await opened()).sync();
      await flushing;
      throwIfFailed();
    },
    async close() {
      await running;
      await flushing;
      clearTimeout(timer);
      const handle = await opening?.catch(() => undefined);
      await handle?.close().catch(() => undefined);
    },
  };
}

/**
 * Gives the memory of a written chunk back at once. Left to the garbage collector, the buffers of a fast
 * transfer pile up to 60 MB and cost a quarter of its CPU time (measured; see docs/downloads.md). A chunk
 * that shares its memory with others is left alone.
 */
function release(chunk: Buffer): void {
  const { buffer } = chunk;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === chunk.byteLength) buffer.transfer(0);
}

/** A vectored write may stop half-way (a disk about to be full does): the rest is written again. */
async function writeFully(handle: FileHandle, buffers: readonly Buffer[], position: number): Promise<void> {
  let rest = [...buffers];
  let at = position;
  while (rest.length > 0) {
    const { bytesWritten } = await handle.writev(rest, at);
    if (bytesWritten === 0) throw Object.assign(new Error('the disk accepted no bytes'), { code: 'ENOSPC' });
    at += bytesWritten;
    rest = after(rest, bytesWritten);
  }
}

function after(buffers: readonly Buffer[], bytes: number): Buffer[] {
  let skip = bytes;
  const rest: Buffer[] = [];
  for (const buffer of buffers) {
    if (skip < buffer.length) rest.push(buffer.subarray(skip));
    skip = Math.max(0, skip - buffer.length);
  }
  return rest;
}

function sizeOf(buffers: readonly Buffer[]): number {
  return buffers.reduce((sum, buffer) => sum + buffer.length, 0);
}
