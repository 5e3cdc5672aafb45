/**
 * A page and its live twin from one reading: `/batches/x` shows it, `/live/batches/x` keeps it up to date. So
 * what is shown at first and what follows can never differ.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type GuardParts, Refusal, readerOf, recognize, viewerOf } from '../auth/guard.ts';
import { RedisAwayError, readWithin } from '../readings/remember.ts';
import { type ChartSpan, chartSpans, samplesSince } from '../readings/samples.ts';
import type { Html } from './html.ts';
import { page, type Viewer } from './layout.ts';
import type { LiveHub } from './live.ts';
import { noticeOf } from './notices.ts';
import type { Fragments } from './overview-view.ts';

export interface PageDefinition<Reading> {
  /** As fastify writes it. */
  readonly path: string;
  readonly section: string;
  readonly hasCharts?: boolean;
  /** The batch whose history the charts show; unset: that of the whole. */
  readonly chartsOf?: (request: FastifyRequest) => string;
  /** The content policy, if a page may show external content. */
  policy?(reading: Reading): string | null;
  title(reading: Reading): string;
  /** Null when there is no such thing. */
  read(request: FastifyRequest): Promise<Reading | null>;
  fragments(reading: Reading, viewer: Viewer): Fragments;
  content(reading: Reading, fragments: Fragments, viewer: Viewer): Html;
}

const spanQuery = z.object({ span: z.enum(['15m', '24h', '7d']).catch('15m') });

/** How far back the charts of a page reach, as its address says. */
export function spanOf(query: unknown): ChartSpan {
  return spanQuery.parse(query ?? {}).span;
}

export interface PageParts extends GuardParts {
  readonly hub: LiveHub;
}

export function definePage<Reading>(
  scope: FastifyInstance,
  parts: PageParts,
  definition: PageDefinition<Reading>,
): void {
  const { deps, hub } = parts;
  const { path, section, hasCharts = false } = definition;
  const read = async (request: FastifyRequest) => {
    const reading = await readWithin(deps.redis, () => definition.read(request));
    if (reading === null) throw new Refusal(404, 'This does not exist, or was removed.');
    return reading;
  };

  /** While Redis is away nothing is known: the page is informed, and updates when Redis is back. */
  const refuseMissing = (request: FastifyRequest) =>
    read(request).catch((error: unknown) => {
      if (!(error instanceof RedisAwayError)) throw error;
    });

  const chartsOf = (request: FastifyRequest) => {
    const span = spanOf(request.query);
    const batch = definition.chartsOf?.(request);
    return {
      chartMs: chartSpans[span],
      samples: (after: number) => samplesSince(deps, after, span, batch),
    };
  };

  scope.get(path, async (request, reply) => {
    const viewer = viewerOf(request);
    const reading = await read(request);
    const fragments = definition.fragments(reading, viewer);
    const text = page({
      title: definition.title(reading),
      viewer,
      section,
      content: definition.content(reading, fragments, viewer),
      ...(hasCharts ? { chartSpan: spanOf(request.query) } : {}),
      topic: request.url,
      notice: noticeOf(request.query),
    });
    const policy = definition.policy?.(reading) ?? null;
    if (policy !== null) reply.header('content-security-policy', policy);
    return reply.type('text/html; charset=utf-8').send(text);
  });

  scope.get(`/live${path}`, async (request, reply) => {
    const viewer = viewerOf(request);
    if (!hub.isFollowed(request)) await refuseMissing(request);
    hub.open(request, reply, {
      reader: readerOf(request),
      mayRead: async () => (await recognize(request, parts)) !== null,
      read: async () => definition.fragments(await read(request), viewer),
      ...(hasCharts ? chartsOf(request) : {}),
    });
  });
}
