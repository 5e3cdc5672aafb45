/**
 * Enqueues from an existing Next.js service, or any other whose handlers speak the Request and Response of the web
 * platform. In your project, `app/videos/route.ts` is:
 *
 *   import { createProducer } from 'kie-batch';
 *   import { videosRoute } from '@/lib/videos-route';
 *
 *   export const { POST, GET } = videosRoute(() => createProducer());
 *
 * and `next.config.js` has `serverExternalPackages: ['kie-batch']`, since it is no code for browsers to bundle.
 */
import type { Producer } from 'kie-batch';

/** @param open called once, at the first request: building the pages must not need Redis */
export function videosRoute(open: () => Promise<Producer>) {
  let opened: Promise<Producer> | undefined;
  const theProducer = () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };

  /** The body is text, a link a line; `?batch=` names the batch. */
  async function POST(request: Request): Promise<Response> {
    const batch = new URL(request.url).searchParams.get('batch') ?? 'videos';
    const links = (await request.text()).split('\n').filter((line) => line.trim() !== '');
    const producer = await theProducer();
    return Response.json(await producer.enqueue(links, { batch }), { status: 202 });
  }

  /** What became of `?link=`. */
  async function GET(request: Request): Promise<Response> {
    const link = new URL(request.url).searchParams.get('link') ?? '';
    const producer = await theProducer();
    try {
      const found = await producer.link(link);
      return found === null ? new Response('not taken yet', { status: 404 }) : Response.json(found);
    } catch (error) {
      if (error instanceof TypeError) return new Response(error.message, { status: 400 });
      throw error;
    }
  }

  return { POST, GET };
}
