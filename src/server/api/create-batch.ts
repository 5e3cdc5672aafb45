/** Enqueues a list: streamed, of any length, and once per key. */
import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { Refusal, viewerOf } from '../auth/guard.ts';
import type { InvalidEntry, ServerDeps } from '../server-deps.ts';
import { mediaTypeOf } from './define-call.ts';
import { runOnce } from './idempotency.ts';
import { createdSchema, type createQuery } from './schemas.ts';
import { viewCost } from './views.ts';

const invalidShown = 100;

export async function createBatch(
  query: z.output<typeof createQuery>,
  request: FastifyRequest,
  deps: ServerDeps,
) {
  const { operations, models, clock, redis, prefix } = deps;
  const given = request.headers['idempotency-key'];
  const key = Array.isArray(given) ? given[0] : given;
  const { raw } = request;
  const contentType = mediaTypeOf(request);
  const extension = listExtensions[contentType];
  if (extension === undefined)
    throw new Refusal(
      415,
      `${contentType} is not a list; send ${Object.keys(listExtensions).filter(Boolean).join(', ')}.`,
    );
  const body = bodyOf(request);
  const stopping = new AbortController();
  raw.once('aborted', () => stopping.abort());
  const invalidLines: InvalidEntry[] = [];
  const caller = viewerOf(request).name ?? '';
  return runOnce<z.output<typeof createdSchema>>(
    { redis, prefix, caller, key, request: request.url, body },
    async (chunks) => {
      const counts = await operations.create({
        batch:
          query.batch ??
          `api-${new Date(clock.now()).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}`,
        model: query.model ?? models.list()[0]?.id ?? '',
        listName: `body${extension}`,
        chunks,
        inputs: Object.fromEntries((query.set ?? []).map(splitSetting)),
        force: query.force === 'true',
        upload: query.upload === 'true',
        isPaused: query.paused === 'true',
        ...(query.budget === undefined ? {} : { budget: query.budget }),
        ...(query.priority === undefined ? {} : { priority: query.priority }),
        onInvalid: ({ line, text, reason }) => {
          if (invalidLines.length < invalidShown) invalidLines.push({ line, text, reason });
        },
        signal: stopping.signal,
      });
      const { batch, total, accepted, duplicates, alreadySaved, invalid, cost } = counts;
      return {
        batch,
        total,
        accepted,
        duplicates,
        alreadySaved,
        invalid,
        invalidLines,
        cost: viewCost(cost),
      };
    },
    (stored) => createdSchema.parse(stored),
  );
}

function splitSetting(text: string): [string, string] {
  const at = text.indexOf('=');
  return [text.slice(0, at).trim(), text.slice(at + 1)];
}

/** A first guess at the list's format; its first bytes decide. */
const listExtensions: Readonly<Record<string, string>> = {
  'text/plain': '.txt',
  'text/csv': '.csv',
  'text/tab-separated-values': '.tsv',
  'application/json': '.json',
  'application/x-ndjson': '.jsonl',
  'application/jsonl': '.jsonl',
  'application/gzip': '.txt',
  'application/octet-stream': '.txt',
  '': '.txt',
};

/** A handler that stops reading early leaves the connection open for the answer. */
function bodyOf({ body }: FastifyRequest): AsyncIterable<Uint8Array> {
  if (!(body instanceof Readable)) throw new Refusal(400, 'Send a list of links as the body.');
  return { [Symbol.asyncIterator]: () => body.iterator({ destroyOnReturn: false }) };
}
