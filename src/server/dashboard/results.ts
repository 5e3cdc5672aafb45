/**
 * Downloads of a batch's results: a zip that is created while it is sent, and a list of addresses. For all results of a
 * search, or for chosen ones. Memory holds one chunk of one file and the names of those already sent.
 */
import { Readable } from 'node:stream';
import { type InputWithoutMeta, makeZip } from 'client-zip';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Item } from '../../shared/ledger/item.ts';
import { sidecarKey } from '../../shared/storage/storage.ts';
import { Refusal } from '../auth/guard.ts';
import type { PublicAddress } from '../public-address.ts';
import { keyOfFile } from '../readings/stored-file.ts';
import type { ServerDeps } from '../server-deps.ts';
import { type ItemQuery, itemQuerySchema } from './batch-query.ts';
import { itemPath } from './parts.ts';

const nameParams = z.object({ name: z.string().max(100) });
const chosenSchema = z.object({
  item: z
    .union([z.string(), z.array(z.string())])
    .transform((given) => [given].flat())
    .optional(),
});

export function resultRoutes(scope: FastifyInstance, deps: ServerDeps, publicAddress: PublicAddress): void {
  scope.get('/batches/:name/results.zip', async (request, reply) => {
    const { name, items } = await wanted(request, deps);
    reply.headers({
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename="${name}.zip"`,
      'cache-control': 'no-store',
    });
    return reply.send(Readable.from(makeZip(entriesOf(items, deps)), { objectMode: false }));
  });
  scope.get('/batches/:name/results.txt', async (request, reply) => {
    const { name, items } = await wanted(request, deps);
    const { protocol, headers } = request;
    const origin = publicAddress.origin ?? `${protocol}://${headers.host ?? 'localhost'}`;
    const base = `${origin}${publicAddress.basePath}`;
    reply.headers({
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': `attachment; filename="${name}-results.txt"`,
    });
    return reply.send(Readable.from(addressesOf(items, base)));
  });
}

async function wanted(request: FastifyRequest, deps: ServerDeps) {
  const { name } = nameParams.parse(request.params);
  if ((await deps.ledger.batch(name)) === null) throw new Refusal(404, 'There is no such batch.');
  const { item: chosen } = chosenSchema.parse(request.query);
  const query = itemQuerySchema.parse(request.query);
  return { name, items: chosen === undefined ? savedOf(name, query, deps) : chosenOf(name, chosen, deps) };
}

async function* savedOf(name: string, query: ItemQuery, { ledger }: ServerDeps): AsyncGenerator<Item> {
  for await (const page of ledger.items(name))
    yield* page.filter((item) => item.state === 'saved' && isFound(item, query));
}

async function* chosenOf(name: string, ids: readonly string[], { ledger }: ServerDeps): AsyncGenerator<Item> {
  for (const id of ids) {
    const item = await ledger.item(id);
    if (item?.state === 'saved' && [item.batch, ...item.otherBatches].includes(name)) yield item;
  }
}

function isFound({ id, url, taskIds, possiblyPaidTwice }: Item, { q, twice }: ItemQuery): boolean {
  if (twice !== undefined && possiblyPaidTwice === 0) return false;
  return !q || id.includes(q) || url === q || taskIds.includes(q);
}

/** Each result with its sidecar. What is not where it was stored is named in a file at the end. */
async function* entriesOf(
  items: AsyncIterable<Item>,
  { storage }: ServerDeps,
): AsyncGenerator<InputWithoutMeta> {
  const missing: string[] = [];
  for await (const { id, file } of items) {
    const key = file === null ? null : keyOfFile(file, storage);
    const stored = key === null ? undefined : await storage.stat(key);
    if (key === null || stored === undefined) {
      missing.push(`${id}\t${file ?? ''}`);
      continue;
    }
    const lastModified = new Date(stored.modifiedAt);
    yield { name: key, lastModified, size: stored.bytes, input: storage.read(key) };
    const sidecar = await storage.readSidecar(key).catch(() => undefined);
    if (sidecar !== undefined)
      yield { name: sidecarKey(key), lastModified, input: text(`${JSON.stringify(sidecar, null, 2)}\n`) };
  }
  if (missing.length > 0)
    yield { name: 'NOT-INCLUDED.txt', lastModified: new Date(), input: text(`${missing.join('\n')}\n`) };
}

async function* text(content: string): AsyncGenerator<string> {
  yield content;
}

async function* addressesOf(items: AsyncIterable<Item>, base: string): AsyncGenerator<string> {
  for await (const { id } of items) yield `${base}${itemPath(id, '/video')}\n`;
}
