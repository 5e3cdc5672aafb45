/**
 * Receives one body into a part: inspects every chunk, passes it on, and watches speed, size and space. Called for each
 * answer that is to be received. Invariant: the part holds exactly what was inspected, so an interrupted transfer can
 * always be resumed.
 */
import type { Inspection } from '../../shared/media/inspection.ts';
import type { ResponseBody } from '../../shared/outgoing/response-body.ts';
import type { Part } from '../../shared/storage/storage.ts';
import { StorageError } from '../../shared/storage/storage-error.ts';
import { findSpaceShort, type SpaceShort } from './space-check.ts';
import { createStallAllowance } from './stall-allowance.ts';
import type { TransferDeps } from './transfer-deps.ts';

export interface Expectation {
  readonly totalBytes: number | undefined;
  readonly maxBytes: number;
  readonly minFreeBytes: number;
}

export type BodyEnd =
  | { readonly end: 'all' }
  | { readonly end: 'cut'; readonly message: string }
  | { readonly end: 'invalid'; readonly message: string }
  | ({ readonly end: 'storage-full' } & SpaceShort);

export interface Target {
  readonly part: Part;
  readonly inspection: Inspection;
  /** Called once a chunk has been inspected, before it is written. */
  readonly inspected: () => void;
}

/** How many bytes may arrive before the free space is checked again: other writers use the same disk. */
const SPACE_CHECK_BYTES = 64 * 1024 * 1024;

export async function receiveBody(
  body: ResponseBody,
  target: Target,
  expectation: Expectation,
  deps: TransferDeps,
  signal: AbortSignal,
): Promise<BodyEnd> {
  const { part, inspection } = target;
  const watch = watchSpeed(body, deps);
  let checkSpaceAt = inspection.bytes;
  try {
    for await (const chunk of body) {
      const chunkBytes = chunk.length;
      watch.received(chunkBytes);
      const problem = inspection.push(chunk) ?? tooLarge(inspection.bytes, expectation.maxBytes);
      if (problem !== undefined) return { end: 'invalid', message: problem };
      target.inspected();
      if (inspection.bytes >= checkSpaceAt) {
        const short = await findSpaceShort(
          deps.storage,
          toCome(inspection, chunk, expectation),
          expectation.minFreeBytes,
        );
        if (short !== undefined) return { end: 'storage-full', ...short };
        checkSpaceAt = inspection.bytes + SPACE_CHECK_BYTES;
      }
      await part.write(chunk);
      await deps.bandwidth.take(chunkBytes, signal);
      watch.waiting();
    }
    return endOf(inspection.bytes, expectation.totalBytes);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof StorageError) throw error;
    return { end: 'cut', message: error instanceof Error ? error.message : String(error) };
  } finally {
    watch.stop();
    body.destroy();
  }
}

export function tooLarge(bytes: number, maxBytes: number): string | undefined {
  return bytes > maxBytes ? `larger than ${maxBytes} bytes (${bytes} and more)` : undefined;
}

function toCome(inspection: Inspection, chunk: Buffer, { totalBytes }: Expectation): number {
  return Math.max(0, (totalBytes ?? inspection.bytes) - inspection.bytes) + chunk.length;
}

/** A host may close early without the transport noticing; a known length does. */
function endOf(bytes: number, totalBytes: number | undefined): BodyEnd {
  if (totalBytes === undefined || bytes === totalBytes) return { end: 'all' };
  if (bytes < totalBytes) return { end: 'cut', message: `the body ended at ${bytes} of ${totalBytes} bytes` };
  return { end: 'invalid', message: `${bytes} bytes received instead of ${totalBytes}` };
}

interface SpeedWatch {
  waiting(): void;
  received(bytes: number): void;
  stop(): void;
}

/** Aborts the body once it has stalled; the loop above then ends as with any cut. */
function watchSpeed(body: ResponseBody, { clock, limits }: TransferDeps): SpeedWatch {
  const allowance = createStallAllowance(limits);
  allowance.waitFrom(clock.now());
  const timer = setInterval(
    () => {
      if (!allowance.isStalled(clock.now())) return;
      body.destroy(
        new Error(`stalled: under ${limits.lowestBytesPerSecond} bytes/s for ${limits.stallWindowMs} ms`),
      );
    },
    Math.min(1000, limits.stallWindowMs / 4),
  );
  return {
    waiting: () => allowance.waitFrom(clock.now()),
    received: (bytes) => allowance.received(bytes, clock.now()),
    stop: () => clearInterval(timer),
  };
}
