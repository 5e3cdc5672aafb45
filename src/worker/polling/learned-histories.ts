/**
 * The durations of finished tasks, in Redis for all workers: one list per model, newest first, of a few hundred small
 * strings (about 2 KB). Called by the status-check stage. Learning is optional: while Redis does not answer, the last
 * known history is used, and no stage fails.
 */
import type { Cluster, Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Clock } from '../../shared/clock.ts';
import type { ModelDefinition } from '../../shared/models/model-definition.ts';
import { type EndedTask, type History, learnHistory } from './history.ts';

export interface LearnedHistories {
  /** The model's history, at most `refreshMs` old. Never rejects. */
  of(model: ModelDefinition): Promise<History>;
  /** Adds a finished task. Never rejects. */
  learn(model: ModelDefinition, task: EndedTask): Promise<void>;
}

export interface LearnedHistoriesOptions {
  redis: Redis | Cluster;
  prefix: string;
  clock: Clock;
  logger: Logger;
  /** How long a history is used before it is learned again. Default 2 s: learning takes some milliseconds. */
  refreshMs?: number;
}

/** With a half-life of 80 tasks, older ones hardly count. */
const KEPT_TASKS = 320;

const MARKS = { callback: 'c', poll: '', 'poll-despite-callback': 'l' } as const satisfies Record<
  EndedTask['seenBy'],
  string
>;
const SEEN_BY: Readonly<Record<string, EndedTask['seenBy']>> = {
  c: 'callback',
  '': 'poll',
  l: 'poll-despite-callback',
};

interface Known {
  history: History;
  learnedAt: number;
}

export function createLearnedHistories(options: LearnedHistoriesOptions): LearnedHistories {
  const { redis, prefix, clock, logger, refreshMs = 2_000 } = options;
  const known = new Map<string, Known>();
  const reading = new Map<string, Promise<History>>();

  async function read(model: ModelDefinition): Promise<History> {
    try {
      const key = durationsKey(prefix, model);
      await redis.ltrim(key, 0, KEPT_TASKS - 1);
      const entries = await redis.lrange(key, 0, KEPT_TASKS - 1);
      return learnHistory(entries.flatMap(parseEntry), model);
    } catch (error) {
      logger.warn({ err: error, model: model.id }, 'Could not read the durations of finished tasks');
      return known.get(model.id)?.history ?? learnHistory([], model);
    }
  }

  /** Concurrent callers share one read. */
  async function refresh(model: ModelDefinition): Promise<History> {
    const history = await read(model);
    known.set(model.id, { history, learnedAt: clock.now() });
    reading.delete(model.id);
    return history;
  }

  return {
    of(model) {
      const last = known.get(model.id);
      if (last !== undefined && clock.now() - last.learnedAt < refreshMs)
        return Promise.resolve(last.history);
      const running = reading.get(model.id) ?? refresh(model);
      reading.set(model.id, running);
      return running;
    },
    async learn(model, task) {
      const key = durationsKey(prefix, model);
      try {
        await redis.lpush(key, formatEntry(task));
      } catch (error) {
        logger.warn({ err: error, model: model.id }, 'Could not store the duration of a finished task');
      }
    },
  };
}

function durationsKey(prefix: string, model: ModelDefinition): string {
  return `${prefix}:durations:${model.id}`;
}

function formatEntry({ durationMs, seenBy }: EndedTask): string {
  return `${Math.max(0, Math.round(durationMs))}${MARKS[seenBy]}`;
}

function parseEntry(entry: string): EndedTask[] {
  const [, digits, mark] = /^(\d{1,12})([a-z]?)$/.exec(entry) ?? [];
  const seenBy = SEEN_BY[mark ?? '?'];
  return digits === undefined || seenBy === undefined ? [] : [{ durationMs: Number(digits), seenBy }];
}
