/**
 * The three ways in which servers count: a sliding window (exact log of arrivals), fixed windows on the
 * server's own grid, a token bucket that starts full. A refused request is not counted. Pure, time passed in.
 */

export interface LimitingServer {
  /** Whether a request that arrives now is admitted. */
  arrive(nowUs: number): boolean;
  setLimit(max: number): void;
}

export type ServerKind = 'sliding window' | 'fixed window' | 'token bucket';

export const serverKinds: readonly ServerKind[] = ['sliding window', 'fixed window', 'token bucket'];

export function createServer(kind: ServerKind, max: number, windowUs: number): LimitingServer {
  switch (kind) {
    case 'sliding window':
      return slidingWindow(max, windowUs);
    case 'fixed window':
      return fixedWindow(max, windowUs);
    case 'token bucket':
      return tokenBucket(max, windowUs);
  }
}

function slidingWindow(initialMax: number, windowUs: number): LimitingServer {
  let max = initialMax;
  const arrivals: number[] = [];
  return {
    arrive: (nowUs) => {
      while (arrivals[0] !== undefined && arrivals[0] <= nowUs - windowUs) arrivals.shift();
      if (arrivals.length >= max) return false;
      arrivals.push(nowUs);
      return true;
    },
    setLimit: (next) => {
      max = next;
    },
  };
}

/** Nobody's clock but the server's own sets its windows: they begin at no round time and with no client. */
const gridPhase = 0.37;

function fixedWindow(initialMax: number, windowUs: number): LimitingServer {
  let max = initialMax;
  let window = -1;
  let count = 0;
  return {
    arrive: (nowUs) => {
      const current = Math.floor(nowUs / windowUs + gridPhase);
      if (current !== window) [window, count] = [current, 0];
      if (count >= max) return false;
      count += 1;
      return true;
    },
    setLimit: (next) => {
      max = next;
    },
  };
}

function tokenBucket(initialMax: number, windowUs: number): LimitingServer {
  let max = initialMax;
  let tokens = initialMax;
  let filledAtUs: number | null = null;
  return {
    arrive: (nowUs) => {
      tokens = Math.min(max, tokens + ((nowUs - (filledAtUs ?? nowUs)) * max) / windowUs);
      filledAtUs = nowUs;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
    setLimit: (next) => {
      max = next;
    },
  };
}
