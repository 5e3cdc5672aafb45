/** How long items have waited: the oldest of each stage, and those that take longer than they should. */
import { z } from 'zod';
import type { Keyspace } from '../../redis/keyspace.ts';
import { ledgerKeys } from '../keys.ts';
import { ledgerScript } from '../ledger-script.ts';

/** Unix milliseconds; null where nothing waits. */
export interface OldestWaiting {
  readonly queuedAt: number | null;
  readonly submittedAt: number | null;
  readonly completedAt: number | null;
  /** Redis's present time. */
  readonly now: number;
}

export interface OverlongLimits {
  readonly task: number;
  readonly download: number;
}

export interface OverlongItem {
  readonly state: 'processing' | 'downloading';
  readonly id: string;
  /** Unix milliseconds: when its task was made, or its result known. */
  readonly since: number;
}

export interface Overlong {
  readonly tasks: number;
  readonly downloads: number;
  /** The first of them. */
  readonly items: readonly OverlongItem[];
}

const counted = z.tuple([z.number(), z.number()], z.string());
const instant = z.string().transform((text) => (text === '' ? null : Number(text)));
const examinedWaiting = 1000;
const examinedActive = 5000;
const overlongShown = 25;

const waitingReply = z.tuple([instant, instant, instant, z.string()]);

export function createWaitingItems({ redis, prefix }: Keyspace) {
  const { rotation, active } = ledgerKeys(prefix);
  const [waitingScript, overlongScript] = [ledgerScript(redis, 'waiting'), ledgerScript(redis, 'overlong')];
  return {
    async oldestWaiting(): Promise<OldestWaiting> {
      const reply = await waitingScript([rotation, active], [prefix, examinedWaiting]);
      const [queuedAt, submittedAt, completedAt, now] = waitingReply.parse(reply);
      return { queuedAt, submittedAt, completedAt, now: Number(now) };
    },
    /** Tasks and downloads that have taken longer than the limits. */
    async overlong({ task, download }: OverlongLimits): Promise<Overlong> {
      const limitsMs = [Math.round(task), Math.round(download)];
      const reply = await overlongScript([active], [prefix, examinedActive, overlongShown, ...limitsMs]);
      const [tasks, downloads, ...cells] = counted.parse(reply);
      return { tasks, downloads, items: itemsIn(cells) };
    },
  };
}

/** @param cells state, id and instant of each item */
function itemsIn(cells: readonly string[]): OverlongItem[] {
  const items: OverlongItem[] = [];
  for (let index = 0; index + 2 < cells.length; index += 3) {
    const state = cells[index] === 'downloading' ? 'downloading' : 'processing';
    items.push({ state, id: cells[index + 1] ?? '', since: Number(cells[index + 2]) });
  }
  return items;
}
