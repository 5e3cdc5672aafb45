/**
 * Virtual time: events run in the order of their instants, and nothing passes while one of them works, even
 * when it awaits a real Redis. So a script with the time as its argument runs through hours in seconds.
 */

type Action = () => void | Promise<void>;

interface Event {
  readonly atUs: number;
  readonly order: number;
  readonly action: Action;
}

export interface Timeline {
  nowUs(): number;
  after(delayUs: number, action: Action): void;
  /** Runs every event before the instant. */
  runUntil(endUs: number): Promise<void>;
}

export function createTimeline(startUs: number): Timeline {
  let nowUs = startUs;
  let order = 0;
  const heap: Event[] = [];
  return {
    nowUs: () => nowUs,
    after: (delayUs, action) => {
      push(heap, { atUs: nowUs + Math.max(0, Math.round(delayUs)), order: order++, action });
    },
    runUntil: async (endUs) => {
      for (let next = heap[0]; next && next.atUs < endUs; next = heap[0]) {
        pop(heap);
        nowUs = next.atUs;
        await next.action();
      }
      nowUs = endUs;
    },
  };
}

function isBefore(a: Event, b: Event): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);
}

function push(heap: Event[], event: Event): void {
  let index = heap.length;
  while (index > 0) {
    const parentIndex = (index - 1) >> 1;
    const parent = heap[parentIndex];
    if (!parent || !isBefore(event, parent)) break;
    heap[index] = parent;
    index = parentIndex;
  }
  heap[index] = event;
}

function pop(heap: Event[]): void {
  const last = heap.pop();
  if (!last || heap.length === 0) return;
  let index = 0;
  for (;;) {
    const left = 2 * index + 1;
    const [a, b] = [heap[left], heap[left + 1]];
    const childIndex = a && b && isBefore(b, a) ? left + 1 : left;
    const child = heap[childIndex];
    if (!child || !isBefore(child, last)) break;
    heap[index] = child;
    index = childIndex;
  }
  heap[index] = last;
}
