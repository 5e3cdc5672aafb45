/**
 * The balance at the vendor, read at most twice a minute whatever the number of viewers, and only while there is one.
 */
import type { ServerDeps } from '../server-deps.ts';

export interface CreditsReading {
  /** Null when the vendor did not say. */
  readonly credits: number | null;
  /** Unix milliseconds. */
  readonly at: number;
}

export interface CreditsReader {
  /** Returns the latest reading at once; when it is old, a new one is fetched in the background. */
  latest(): CreditsReading | null;
  stop(): void;
}

const freshMs = 30_000;

export function createCreditsReader({ readCredits, clock, logger }: ServerDeps): CreditsReader {
  const stopping = new AbortController();
  let reading: CreditsReading | null = null;
  let isAsking = false;

  async function ask(): Promise<void> {
    if (readCredits === undefined) return;
    isAsking = true;
    try {
      reading = { credits: await readCredits(stopping.signal), at: clock.now() };
    } catch (error) {
      reading = { credits: null, at: clock.now() };
      logger.debug({ err: error }, 'The balance could not be read');
    } finally {
      isAsking = false;
    }
  }

  return {
    latest() {
      const isOld = reading === null || clock.now() - reading.at > freshMs;
      if (isOld && !isAsking && !stopping.signal.aborted) void ask();
      return reading;
    },
    stop: () => stopping.abort(),
  };
}
