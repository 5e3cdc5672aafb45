/**
 * Enqueues from an existing Express service. In your project:
 *
 *   import express from 'express';
 *   import { createProducer } from 'kie-batch';
 *
 *   const producer = await createProducer();
 *   app.post('/videos', express.json(), takeVideos(producer));
 *   app.get('/videos/:batch', tellBatch(producer));
 *   process.once('SIGTERM', () => server.close(() => producer.close()));
 *
 * Workers run elsewhere (`kie-batch worker`), joined by REDIS_URL.
 */
import type { Producer } from 'kie-batch';

/** The part of Express's types that is used here; theirs fit. */
interface Request {
  readonly body?: unknown;
  readonly params: Readonly<Record<string, string>>;
}
interface Response {
  status(code: number): Response;
  json(body: unknown): unknown;
}
type Next = (error: unknown) => void;

/** POST {"batch": "news", "links": ["https://sora.chatgpt.com/p/…"]} */
export function takeVideos(producer: Producer) {
  return async ({ body }: Request, response: Response, next: Next): Promise<void> => {
    const given = readBody(body);
    if (given === null) {
      response.status(400).json({ error: 'expected {"batch": NAME, "links": [LINK, …]}' });
      return;
    }
    try {
      // Repeating this is harmless: a link that is known is neither taken nor paid twice.
      const result = await producer.enqueue(given.links, { batch: given.batch });
      response.status(202).json(result);
    } catch (error) {
      next(error);
    }
  };
}

export function tellBatch(producer: Producer) {
  return async ({ params }: Request, response: Response, next: Next): Promise<void> => {
    try {
      const batch = await producer.batch(params['batch'] ?? '');
      if (batch === null) response.status(404).json({ error: 'no such batch' });
      else response.status(200).json(batch);
    } catch (error) {
      next(error);
    }
  };
}

function readBody(body: unknown): { batch: string; links: string[] } | null {
  if (typeof body !== 'object' || body === null || !('batch' in body) || !('links' in body)) return null;
  const { batch, links } = body;
  if (typeof batch !== 'string' || !Array.isArray(links)) return null;
  return { batch, links: links.map(String) };
}
