/**
 * The other limiters as one would use them, each in its process: p-queue with fixed and with strict
 * (sliding) intervals, Bottleneck's reservoir, the client-side rate limiter of the AWS SDKs. They share nothing
 * between processes, so at four processes each gets a quarter of the limit. Work never ends: whoever is
 * served takes the next. Bottleneck has had no release for years; none of its forks is better kept.
 */
import { DefaultRateLimiter } from '@smithy/util-retry';
import Bottleneck from 'bottleneck';
import PQueue from 'p-queue';

/** Sends one request; whether it was accepted. */
export type Send = () => Promise<boolean>;

export interface LocalLimiter {
  keepSending(send: Send): void;
  stop(): void;
}

export interface LocalLimit {
  readonly max: number;
  readonly windowMs: number;
}

export const contenders: readonly {
  readonly name: string;
  readonly create: (limit: LocalLimit) => LocalLimiter;
}[] = [
  { name: 'p-queue', create: (limit) => pQueue(limit, false) },
  { name: 'p-queue strict', create: (limit) => pQueue(limit, true) },
  { name: 'bottleneck', create: bottleneck },
  { name: 'smithy adaptive', create: smithyAdaptive },
];

/** So many wait in a queue at any time. */
const waiting = 50;
/** Most requests at once without a limit of their own, as an application would bound them. */
const smithyConcurrency = 10;

function pQueue({ max, windowMs }: LocalLimit, strict: boolean): LocalLimiter {
  const queue = new PQueue({ interval: windowMs, intervalCap: max, strict });
  return {
    keepSending: (send) => {
      const add = (): void => {
        queue.add(send).then(add, () => undefined);
      };
      for (let index = 0; index < waiting; index += 1) add();
    },
    stop: () => {
      queue.pause();
      queue.clear();
    },
  };
}

function bottleneck({ max, windowMs }: LocalLimit): LocalLimiter {
  const limiter = new Bottleneck({
    reservoir: max,
    reservoirRefreshAmount: max,
    reservoirRefreshInterval: windowMs,
  });
  return {
    keepSending: (send) => {
      const add = (): void => {
        limiter.schedule(send).then(add, () => undefined);
      };
      for (let index = 0; index < waiting; index += 1) add();
    },
    stop: () => {
      limiter.stop({ dropWaitingJobs: true }).catch(() => undefined);
    },
  };
}

function smithyAdaptive(): LocalLimiter {
  const limiter = new DefaultRateLimiter();
  let stopped = false;
  const work = async (send: Send): Promise<void> => {
    while (!stopped) {
      await limiter.getSendToken();
      const accepted = await send();
      limiter.updateClientSendingRate(accepted ? {} : { errorType: 'THROTTLING' });
    }
  };
  return {
    keepSending: (send) => {
      for (let index = 0; index < smithyConcurrency; index += 1) void work(send);
    },
    stop: () => {
      stopped = true;
    },
  };
}
