/**
 * Creates a batch, or joins the one of that name, before its first link is enqueued: for the command line, the server,
 * schedules and the library.
 */
import type { Ledger } from '../shared/ledger/ledger.ts';
import type { ModelDefinition } from '../shared/models/model-definition.ts';
import { usualPrice } from '../shared/models/price.ts';
import type { Keyspace } from '../shared/redis/keyspace.ts';
import { announceCost } from './announce-cost.ts';

export interface BatchToOpen {
  readonly batch: string;
  readonly model: ModelDefinition;
  readonly root: string;
  readonly priority?: number | undefined;
  readonly upload?: boolean | undefined;
  /** The most credits it may spend in all; unset: as it is. */
  readonly maxCredits?: number | undefined;
  /** What each task is expected to cost; unset: the model's usual price. */
  readonly price?: number | null;
}

/** @throws BatchError where the name is unusable or belongs to another model */
export async function openBatch(
  { batch, model, root, priority, upload, ...funds }: BatchToOpen,
  ledger: Ledger,
): Promise<void> {
  await ledger.openBatch(batch, { model: model.id, root, priority, upload });
  await giveBudget({ batch, model, ...funds }, ledger);
}

/** The same without a question about the cost. */
export async function openAnnounced(
  request: BatchToOpen,
  deps: Keyspace & { readonly ledger: Ledger },
): Promise<void> {
  await openBatch(request, deps.ledger);
  await announceCost(request.batch, request.model, deps);
}

export async function giveBudget(
  { batch, model, maxCredits, price = usualPrice(model) }: Omit<BatchToOpen, 'root' | 'priority' | 'upload'>,
  ledger: Ledger,
): Promise<void> {
  if (maxCredits !== undefined) await ledger.setBudget(batch, maxCredits, price);
}
