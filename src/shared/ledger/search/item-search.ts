/** What server and library ask of the ledger beyond single items: searches, pages, groups of failures, waiting times. */
import type { ModelRegistry } from '../../models/load-models.ts';
import type { Keyspace } from '../../redis/keyspace.ts';
import type { Ledger } from '../ledger.ts';
import { createFailureGroups } from './failure-groups.ts';
import { createItemFinder } from './find-item.ts';
import { createItemPages } from './item-pages.ts';
import { createWaitingItems } from './waiting-items.ts';

export interface ItemSearchDeps extends Keyspace {
  readonly ledger: Ledger;
  readonly models: ModelRegistry;
}

export type ItemSearch = ReturnType<typeof createItemSearch>;

export function createItemSearch(deps: ItemSearchDeps) {
  const pages = createItemPages(deps);
  return {
    ...pages,
    ...createItemFinder({ ...deps, pages }),
    ...createWaitingItems(deps),
    failures: createFailureGroups(deps),
  };
}
