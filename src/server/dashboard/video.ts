/**
 * The saved result, shown in the item's page from any point on: of a range only its bytes are read, from a folder
 * as from a bucket. What is served is always a video, an image or sound by its type, and always a file of the storage.
 */
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { mediaKinds, mediaOfFile } from '../../shared/media/media-kind.ts';
import { Refusal } from '../auth/guard.ts';
import { answerForFile, keyOfFile } from '../readings/stored-file.ts';
import type { ServerDeps } from '../server-deps.ts';

const idParams = z.object({ id: z.string().max(200) });
const saveQuery = z.object({ save: z.literal('1').optional().catch(undefined) });
const gone = 'The video is not where it was stored, or is in a storage that this server does not read.';

export function videoRoutes(scope: FastifyInstance, { storage, ledger }: ServerDeps): void {
  scope.route({
    method: ['GET', 'HEAD'],
    url: '/items/:id/video',
    handler: async (request, reply) => {
      const item = await ledger.item(idParams.parse(request.params).id);
      const key = item?.file ? keyOfFile(item.file, storage) : null;
      const stored = key === null ? undefined : await storage.stat(key);
      if (key === null || stored === undefined) throw new Refusal(404, gone);
      const { method, headers } = request;
      const { range, 'if-none-match': ifNoneMatch } = headers;
      const ifRange = single(headers['if-range']);
      const answer = answerForFile({ method, range, ifRange, ifNoneMatch }, stored);
      reply.code(answer.status).headers(answer.headers);
      const contentType = mediaOfFile(key)?.contentType ?? mediaKinds.mp4.contentType;
      reply.headers({ 'content-type': contentType, 'cache-control': 'private, no-cache' });
      if (saveQuery.parse(request.query).save !== undefined)
        reply.header('content-disposition', `attachment; filename="${fileName(key)}"`);
      if (answer.send === 'nothing') return reply.send();
      const bytes = storage.read(key, answer.send === 'whole' ? undefined : answer.send);
      return reply.send(Readable.from(bytes));
    },
  });
}

/** Keys may hold any letter; a header may not. */
function fileName(key: string): string {
  return (key.split('/').at(-1) ?? '').replaceAll(/[^\w.-]/g, '_');
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
