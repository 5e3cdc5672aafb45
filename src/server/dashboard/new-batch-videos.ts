/**
 * The routes with which the form of a new batch uploads and removes videos: one request for each, with its bytes as the
 * body, so that a browser can show progress and cancel it. Responses are JSON.
 */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Refusal, requireOperator } from '../auth/guard.ts';
import { readWithin } from '../readings/remember.ts';
import type { UploadedVideos } from '../uploads/uploaded-videos.ts';
import type { ActionParts } from './actions.ts';

const sweepEveryMs = 3_600_000;
const params = z.object({ form: z.uuid(), name: z.string().min(1).max(200) });
const headers = z.object({
  'x-csrf-token': z.string().optional(),
  'content-length': z.coerce.number().optional(),
});
const config = { isApi: true } as const;

export function videoUploadRoutes(scope: FastifyInstance, parts: ActionParts, videos: UploadedVideos): void {
  const { redis, logger } = parts.deps;
  const sweep = () =>
    readWithin(redis, videos.sweep).catch((error: unknown) =>
      logger.debug({ err: error }, 'Could not clean up uploaded videos, retrying later'),
    );
  let sweeping = sweep();
  const timer = setInterval(() => {
    sweeping = sweep();
  }, sweepEveryMs);
  timer.unref();
  scope.addHook('preClose', async () => {
    clearInterval(timer);
    await sweeping;
  });
  const path = '/new/videos/:form/:name';
  scope.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));

  scope.put(path, { config }, async (request) => {
    const { form, name } = await allowed(request, parts);
    const { body } = request;
    if (!(body instanceof Readable)) throw new Refusal(415, 'Send the video as application/octet-stream.');
    const bytes = headers.parse(request.headers)['content-length'] ?? null;
    // A refusal leaves the connection open for its answer.
    const chunks = { [Symbol.asyncIterator]: () => body.iterator({ destroyOnReturn: false }) };
    return videos.put(form, name, chunks, bytes);
  });

  scope.delete(path, { config }, async (request) => {
    const { form, name } = await allowed(request, parts);
    await videos.remove(form, name);
    return { done: true };
  });
}

async function allowed(request: FastifyRequest, parts: ActionParts) {
  await requireOperator(request, parts, headers.parse(request.headers)['x-csrf-token']);
  const given = params.safeParse(request.params);
  if (given.success) return given.data;
  throw new Refusal(422, 'The name of a video must have at most 200 characters.');
}
