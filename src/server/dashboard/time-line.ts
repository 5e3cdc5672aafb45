/**
 * The story of an item as a time line: what the itemHistory still knows, with what the record itself says where
 * the story has been forgotten. Pure.
 */
import type { EventKind, StoryEvent } from '../../shared/item-history/item-history.ts';
import type { Item } from '../../shared/ledger/item.ts';

export interface TimeLineEntry {
  /** Unix milliseconds; null where only the order is known. */
  readonly at: number | null;
  readonly title: string;
  readonly words: string | null;
  readonly times: number;
  readonly tone: 'good' | 'bad' | 'warn' | 'plain';
  /** Milliseconds since the entry before, where both instants are known. */
  readonly afterMs: number | null;
}

type Described = Pick<TimeLineEntry, 'title' | 'tone'>;

const descriptions: Readonly<Record<EventKind, Described>> = {
  'task-created': { title: 'The vendor accepted the task', tone: 'plain' },
  'tries-again': { title: 'Not accepted; back in the queue', tone: 'warn' },
  'answer-lost': { title: 'The vendor’s answer was lost; possibly paid twice', tone: 'warn' },
  'task-failed': { title: 'The task failed; submitted again', tone: 'warn' },
  halted: { title: 'A halt began', tone: 'warn' },
  held: { title: 'Held for a person', tone: 'warn' },
  failed: { title: 'Failed', tone: 'bad' },
  looked: { title: 'Polled: the task is still running', tone: 'plain' },
  'result-exists': { title: 'The result is available', tone: 'good' },
  'download-again': { title: 'The download will be retried', tone: 'warn' },
  saved: { title: 'Saved: verified and stored', tone: 'good' },
  'not-fetched': { title: 'Still saved, although its file is missing', tone: 'warn' },
  'task-attached': {
    title: 'A task id from a callback or a person was verified: it belongs to this link',
    tone: 'good',
  },
  'task-refused': {
    title: 'A task id from a callback or a person does not belong to this link; ignored',
    tone: 'warn',
  },
  retried: { title: 'Retried by a person', tone: 'plain' },
  cancelled: { title: 'Cancelled by a person', tone: 'plain' },
};

type Bare = Omit<TimeLineEntry, 'afterMs'>;

export function timeLineOf(item: Item, story: readonly StoryEvent[]): TimeLineEntry[] {
  const given: Bare = {
    at: item.enqueuedAt,
    title: 'Enqueued, waiting for its turn',
    words: `batch ${[item.batch, ...item.otherBatches].join(', ')}`,
    times: 1,
    tone: 'plain',
  };
  const told = story.length > 0 ? story.map(entryOf) : fromRecord(item);
  const entries = [given, ...told].sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
  return entries.map((entry, index) => {
    const before = entries[index - 1]?.at ?? null;
    return { ...entry, afterMs: entry.at === null || before === null ? null : entry.at - before };
  });
}

function entryOf({ kind, message, at, times }: StoryEvent): Bare {
  return { at, ...descriptions[kind], words: message || null, times };
}

/** The milestones that are kept permanently. */
function fromRecord(item: Item): Bare[] {
  const milestone = (at: number | null, kind: EventKind, words: string | null): Bare[] =>
    at === null ? [] : [{ at, ...descriptions[kind], words, times: 1 }];
  const failed =
    item.state === 'failed'
      ? milestone(
          item.completedAt ?? item.submittedAt ?? item.enqueuedAt,
          'failed',
          `${item.reason}: ${item.message ?? ''}`,
        )
      : [];
  return [
    ...milestone(item.submittedAt, 'task-created', item.taskIds.at(-1) ?? null),
    ...milestone(item.completedAt, 'result-exists', null),
    ...milestone(item.savedAt, 'saved', item.file),
    ...failed,
  ];
}
