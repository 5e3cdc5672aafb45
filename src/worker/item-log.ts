/**
 * The logger of what is done about one item: its facts as fields of every line. Used where steps are applied.
 */
import type { Item } from '../shared/ledger/item.ts';
import type { Logger } from '../shared/logging/logger.ts';

export function itemLog(
  { id, batch, taskIds, attempts }: Item,
  { logger }: { readonly logger: Logger },
): Logger {
  return logger.child({ item: id, batch, taskId: taskIds.at(-1), attempt: attempts });
}
