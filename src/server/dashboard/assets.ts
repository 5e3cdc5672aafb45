/**
 * What the pages load: all from here, nothing from elsewhere. Read once at start; the address of a file never
 * changes, so browsers ask again each time and mostly get 304.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';

const beside = (name: string) => new URL(`./client/${name}`, import.meta.url);
const ofUplot = (name: string) => new URL(import.meta.resolve(`uplot/dist/${name}`));

const files = {
  'dashboard.js': { type: 'text/javascript; charset=utf-8', from: () => beside('dashboard.js') },
  'charts.js': { type: 'text/javascript; charset=utf-8', from: () => beside('charts.js') },
  'gallery.js': { type: 'text/javascript; charset=utf-8', from: () => beside('gallery.js') },
  'links.js': { type: 'text/javascript; charset=utf-8', from: () => beside('links.js') },
  'new-batch.js': { type: 'text/javascript; charset=utf-8', from: () => beside('new-batch.js') },
  'uplot.js': { type: 'text/javascript; charset=utf-8', from: () => ofUplot('uPlot.esm.js') },
  'dashboard.css': { type: 'text/css; charset=utf-8', from: () => beside('dashboard.css') },
  'uplot.css': { type: 'text/css; charset=utf-8', from: () => ofUplot('uPlot.min.css') },
  'icon.svg': { type: 'image/svg+xml', from: () => beside('icon.svg') },
} as const;

export function assetRoutes(scope: FastifyInstance): void {
  for (const [name, { type, from }] of Object.entries(files)) {
    const content = readFileSync(from());
    const tag = `"${createHash('sha256').update(content).digest('hex').slice(0, 20)}"`;
    scope.get(`/assets/${name}`, { config: { isPublic: true } }, (request, reply) => {
      reply.headers({ 'content-type': type, etag: tag, 'cache-control': 'no-cache' });
      if (request.headers['if-none-match'] === tag) return reply.code(304).send();
      return reply.send(content);
    });
  }
}
