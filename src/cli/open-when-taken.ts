/**
 * The batch of `run` and `enqueue`: made or joined when the first link is taken, so that a list without a usable link
 * binds no name. Where somebody can be asked, nothing of a new batch is handed out before the answer.
 */
import type { Session } from '../app/session.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { usualPrice } from '../shared/models/price.ts';
import type { Ask } from './agree-to-cost.ts';

export interface BatchToOpen {
  readonly batch: string;
  readonly model: ModelDefinition;
  /** Where its files lie. */
  readonly root: string;
  readonly priority?: number | undefined;
  readonly maxCredits?: number | undefined;
  readonly upload?: boolean | undefined;
  readonly ask: Ask | null;
}

export interface Opening {
  /** @throws BatchError where the name belongs to another model */
  open(): Promise<void>;
  /** Opens a batch that is there already, whatever the list brings. @returns how many of its items are saved */
  ifKnown(): Promise<number>;
  /** Whether it waits for an answer. */
  isHeld(): boolean;
}

export function openWhenTaken(
  { batch, model, root, priority, maxCredits, upload, ask }: BatchToOpen,
  { ledger }: Pick<Session, 'ledger'>,
): Opening {
  let opened: Promise<void> | undefined;
  let isHeld = false;

  async function open(): Promise<void> {
    await ledger.openBatch(batch, { model: model.id, root, priority, upload });
    if (maxCredits !== undefined) await ledger.setBudget(batch, maxCredits, usualPrice(model));
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
