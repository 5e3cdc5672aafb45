/**
 * The export of a batch, or of a group of its items, as a file: streamed, whatever the size.
 */
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Item } from '../../shared/ledger/item.ts';
import { groupKey } from '../../shared/ledger/search/failure-groups.ts';
import { failureReasons, itemStates } from '../../shared/ledger/states.ts';
import { exportColumns, exportRow, toCsvLine } from '../../shared/wording/export-row.ts';
import { Refusal } from '../auth/guard.ts';
import type { ServerDeps } from '../server-deps.ts';

const exportQuery = z.object({
  format: z.enum(['csv', 'jsonl']).catch('csv'),
  state: z.enum(itemStates).optional().catch(undefined),
  reason: z.enum(failureReasons).optional().catch(undefined),
  twice: z.literal('1').optional().catch(undefined),
  message: z.string().max(1000).optional().catch(undefined),
});
type ExportQuery = z.infer<typeof exportQuery>;

export function exportRoutes(scope: FastifyInstance, deps: ServerDeps): void {
  scope.get<{ Params: { name: string } }>('/batches/:name/export', async (request, reply) => {
    const { name } = request.params;
    const query = exportQuery.parse(request.query);
    if ((await deps.ledger.batch(name)) === null) throw new Refusal(404, 'There is no such batch.');
    reply.headers({
      'content-type': query.format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson',
      'content-disposition': `attachment; filename="${name}${query.reason ? `-${query.reason}` : ''}.${query.format}"`,
    });
    return reply.send(Readable.from(exportLines(name, query, deps)));
  });
}

async function* exportLines(name: string, query: ExportQuery, deps: ServerDeps): AsyncGenerator<string> {
  const isCsv = query.format === 'csv';
  if (isCsv) yield `\uFEFF${toCsvLine(exportColumns)}\r\n`;
  for await (const items of pagesOf(name, query, deps)) {
    const rows = items.filter((item) => isWanted(item, query)).map((item) => exportRow(item, name));
    if (rows.length === 0) continue;
    yield rows
      .map((row) =>
        isCsv ? `${toCsvLine(exportColumns.map((column) => row[column]))}\r\n` : `${JSON.stringify(row)}\n`,
      )
      .join('');
  }
}

const pageSize = 500;

/** Failed ones are read from their own list, so a group among a million is found at once. */
async function* pagesOf(
  name: string,
  { state, reason }: ExportQuery,
  deps: ServerDeps,
): AsyncGenerator<readonly Item[]> {
  if (state !== 'failed' && reason === undefined) {
    yield* deps.ledger.items(name);
    return;
  }
  for (let from: number | null = 0; from !== null; ) {
    const found = await deps.search.page(
      name,
      { state: 'failed', reason },
      { from, size: pageSize, budgetMs: 500 },
    );
    yield found.items;
    from = found.next;
  }
}

function isWanted(item: Item, { state, reason, message, twice }: ExportQuery): boolean {
  if (twice !== undefined && item.possiblyPaidTwice === 0) return false;
  if (state !== undefined && item.state !== state) return false;
  if (reason !== undefined && item.reason !== reason) return false;
  return message === undefined || groupKey(item.message ?? '') === groupKey(message);
}
