/**
 * The body of a response from the outgoing client. Unlike a Node stream, it never discards bytes that had arrived when
 * the connection was lost: the reader gets all of them and then the error, so an interrupted transfer resumes after its
 * last byte. Invariant: at most the high-water mark is buffered.
 */

export interface ResponseBody extends AsyncIterable<Buffer> {
  /** Gives the rest up and closes the connection unless everything is here. Never throws. */
  destroy(error?: Error): void;
}

/** The source of the bytes: the connection, as far as the body needs it. */
export interface BodySource {
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
}

export interface FillableBody extends ResponseBody {
  push(chunk: Buffer): void;
  /** Complete. */
  finish(): void;
  /** Ended early, for this reason. */
  fail(error: Error): void;
}

const HIGH_WATER_BYTES = 256 * 1024;

type Ending = { readonly error: Error | undefined };

export function createResponseBody(source: BodySource): FillableBody {
  let queue: Buffer[] = [];
  let queuedBytes = 0;
  let paused = false;
  let ending: Ending | undefined;
  let wake: (() => void) | undefined;

  function end(error: Error | undefined): void {
    ending ??= { error };
    wake?.();
  }

  function shift(): Buffer | undefined {
    const chunk = queue.shift();
    queuedBytes -= chunk?.length ?? 0;
    if (paused && queuedBytes < HIGH_WATER_BYTES) {
      paused = false;
      source.resume();
    }
    return chunk;
  }

  function destroy(reason?: Error): void {
    if (ending !== undefined) return;
    const error = reason ?? new Error('reading the body was aborted');
    end(error);
    source.abort(error);
  }

  async function next(): Promise<IteratorResult<Buffer, undefined>> {
    for (;;) {
      const chunk = shift();
      if (chunk !== undefined) return { done: false, value: chunk };
      if (ending?.error !== undefined) throw ending.error;
      if (ending !== undefined) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      wake = undefined;
    }
  }

  return {
    push(chunk) {
      if (ending !== undefined) return;
      queue.push(chunk);
      queuedBytes += chunk.length;
      if (queuedBytes >= HIGH_WATER_BYTES) {
        paused = true;
        source.pause();
      }
      wake?.();
    },
    finish: () => end(undefined),
    fail: (error) => end(error),
    destroy,
    [Symbol.asyncIterator]: () => ({
      next,
      async return() {
        queue = [];
        destroy();
        return { done: true, value: undefined };
      },
    }),
  };
}
