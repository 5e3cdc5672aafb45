/**
 * The filters for a batch's items in the address of its page. Unknown values are ignored instead of refused: an old
 * bookmark should still open. Pure.
 */
import { z } from 'zod';
import { failureReasons, itemStates } from '../../shared/ledger/states.ts';

export const pageSizes = [50, 100, 200, 500] as const;

export const itemQuerySchema = z.object({
  /** A link, an id, a task id, or a part of an id. */
  q: z.string().trim().max(1000).optional().catch(undefined),
  state: z.enum(itemStates).optional().catch(undefined),
  reason: z.enum(failureReasons).optional().catch(undefined),
  /** Only those possibly paid twice. */
  twice: z.literal('1').optional().catch(undefined),
  /** Saved results as pictures instead of a table of links. */
  view: z.literal('gallery').optional().catch(undefined),
  /** Links on a page. */
  size: z.coerce.number().pipe(z.literal(pageSizes)).catch(pageSizes[0]),
  /** Where the page begins, as the page before said. */
  from: z.coerce.number().int().min(0).max(1e9).catch(0),
});
export type ItemQuery = z.infer<typeof itemQuerySchema>;

export function queryString({ q, state, reason, twice, view, size, from }: ItemQuery): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({
    q,
    state,
    reason,
    twice,
    view,
    size: size === pageSizes[0] ? undefined : String(size),
    from: from > 0 ? String(from) : undefined,
  })) {
    if (value) query.set(name, value);
  }
  return query.toString();
}
