/**
 * The batch of `run` and `enqueue`: created or joined with the first link, so that a list without a usable link does
 * not use up a name. With a question to the user, nothing of a new batch is handed out before the answer.
 */
import type { Session } from '../app/session.ts';
import { type BatchToOpen, openBatch } from '../producer/open-batch.ts';
import type { Ask } from './agree-to-cost.ts';

interface AskedBatch extends BatchToOpen {
  readonly ask: Ask | null;
}

export interface Opening {
  /** @throws BatchError where the name belongs to another model */
  open(): Promise<void>;
  /** Opens an existing batch, whatever the list contains. @returns how many of its items are saved */
  ifKnown(): Promise<number>;
  isHeld(): boolean;
}

export function openWhenTaken(
  { batch, ask, ...request }: AskedBatch,
  { ledger }: Pick<Session, 'ledger'>,
): Opening {
  let opened: Promise<void> | undefined;
  let isHeld = false;

  async function open(): Promise<void> {
    await openBatch({ batch, ...request }, ledger);
    if (ask === null) await ledger.startBatch(batch);
    else isHeld = await ledger.holdBatch(batch);
  }

  function openOnce(): Promise<void> {
    opened ??= open();
    return opened;
  }

  return {
    open: openOnce,
    async ifKnown() {
      const known = await ledger.batch(batch);
      if (known !== null) await openOnce();
      return known?.counts.saved ?? 0;
    },
    isHeld: () => isHeld,
  };
}
