/**
 * The history of an item, step by step, for people; and the measures for `/metrics`. Written where steps are applied,
 * read by the server. A history is complete while its item is unfinished and for some days after a failure, but only
 * for hours once the video is saved. So a million saved links cost nothing here; their records still have the time of
 * each stage.
 */
import { z } from 'zod';
import type { Keyspace } from '../redis/keyspace.ts';
import { createScript } from '../redis/script.ts';
import { bucketOf, type Measured } from './measures.ts';

export const eventKinds = [
  'task-created',
  'tries-again',
  'answer-lost',
  'task-failed',
  'halted',
  'held',
  'failed',
  'looked',
  'result-exists',
  'download-again',
  'saved',
  'not-fetched',
  'retried',
  'cancelled',
  'task-attached',
  'task-refused',
] as const;
export type EventKind = (typeof eventKinds)[number];

interface NewEvent {
  readonly kind: EventKind;
  /** The vendor's message, a reason or a task id, which distinguishes events of a kind. */
  readonly message: string;
}

export interface StoryEvent extends NewEvent {
  /** Unix milliseconds; of the last time when it happened several times in a row. */
  readonly at: number;
  readonly times: number;
  readonly firstAt: number;
}

export interface Note {
  readonly event: NewEvent;
  readonly measured?: Measured;
  /** The item has been saved: its story may be forgotten soon. */
  readonly isSaved?: boolean;
}

export interface ItemHistory {
  /** @param at Unix milliseconds */
  note(itemId: string, at: number, note: Note): Promise<void>;
  /** Adds one to a counter, where no item has a story of it. */
  count(field: string): Promise<void>;
  /** Oldest first; empty when nothing is known (any more). */
  story(itemId: string): Promise<StoryEvent[]>;
  /** Counters by field, see measures.ts. */
  measures(): Promise<ReadonlyMap<string, number>>;
}

const mostEntries = 40;
const hourMs = 3_600_000;
const keptMs = 7 * 24 * hourMs;
const keptWhenSavedMs = 6 * hourMs;
const longestWords = 200;

const storedEvent = z
  .tuple([z.number(), z.enum(eventKinds), z.string()], z.number())
  .transform(
    ([at, kind, message, times = 1, firstAt = at]): StoryEvent => ({ at, kind, message, times, firstAt }),
  );

export function createItemHistory({ redis, prefix }: Keyspace): ItemHistory {
  const noteScript = createScript(redis, new URL('./note.lua', import.meta.url));
  const storyKey = (id: string) => `${prefix}:story:${id}`;
  const measuresKey = `${prefix}:measures`;
  return {
    async note(itemId, at, { event, measured = {}, isSaved = false }) {
      const entry = JSON.stringify([Math.round(at), event.kind, event.message.slice(0, longestWords)]);
      await noteScript(
        [storyKey(itemId), measuresKey],
        [entry, mostEntries, isSaved ? keptWhenSavedMs : keptMs, ...fieldsOf(measured)],
      );
    },
    async count(field) {
      await redis.hincrby(measuresKey, field, 1);
    },
    async story(itemId) {
      const entries = await redis.lrange(storyKey(itemId), 0, -1);
      return entries.flatMap((entry) => {
        const read = storedEvent.safeParse(JSON.parse(entry));
        return read.success ? [read.data] : [];
      });
    },
    async measures() {
      const fields = await redis.hgetall(measuresKey);
      return new Map(Object.entries(fields).map(([field, value]) => [field, Number(value)]));
    },
  };
}

function fieldsOf({ counted = {}, durations = {} }: Measured): (string | number)[] {
  const ofCounts = Object.entries(counted).filter(([, by]) => by !== 0);
  const ofDurations = Object.entries(durations).flatMap(([name, ms]) => [
    [`duration:${name}:${bucketOf(ms)}`, 1] as const,
    [`duration:${name}:sum`, ms / 1000] as const,
  ]);
  return [...ofCounts, ...ofDurations].flat();
}
