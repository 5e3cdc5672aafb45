/** What a person reads of a batch that is paused because its tasks cost more than was announced. Pure. */
import type { Batch } from '../ledger/batch.ts';
import { formatCount } from './format.ts';

/** Null while the batch costs what was announced. */
export function describeDearer({ name, dearer }: Pick<Batch, 'name' | 'dearer'>): string | null {
  if (dearer === null) return null;
  const { announced, costs } = dearer;
  return `A task of batch ${name} cost ${formatCount(costs)} credits; ${formatCount(announced)} were announced. The batch is paused, and tasks at the vendor are still collected. Accept the new price with: kie-batch resume ${name}`;
}
