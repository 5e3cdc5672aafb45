/** What the global setup hands to every test file, read there with `inject`. */
import 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** A real Redis for this run: `redis://…`, or `unix:///…` for a local one. */
    redisUrl: string;
    /** Part of every key that this run writes, see redis.ts. */
    redisRun: string;
  }
}
