/**
 * A small server that takes callbacks, keeps them, and lets a test await them: next() is the next callback
 * that has not been asked for yet.
 */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { json } from 'node:stream/consumers';
import { z } from 'zod';

const bodySchema = z.looseObject({
  code: z.number(),
  msg: z.string(),
  data: z.looseObject({ state: z.string() }),
});

export interface ReceivedCallback {
  readonly headers: IncomingHttpHeaders;
  readonly body: z.infer<typeof bodySchema>;
}

export interface CallbackReceiver extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly ReceivedCallback[];
  next(): Promise<ReceivedCallback>;
}

/** `statusOf` gives the HTTP status of the nth answer, counted from 1. */
export async function startCallbackReceiver(
  statusOf: (count: number) => number = () => 200,
): Promise<CallbackReceiver> {
  const received: ReceivedCallback[] = [];
  const waiting: ((callback: ReceivedCallback) => void)[] = [];
  let asked = 0;
  const server = createServer(async (request, response) => {
    const callback = { headers: request.headers, body: bodySchema.parse(await json(request)) };
    received.push(callback);
    response.writeHead(statusOf(received.length)).end();
    waiting.shift()?.(callback);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the receiver listens on no port');
  return {
    url: `http://127.0.0.1:${address.port}/callback`,
    received,
    next() {
      asked += 1;
      const there = received[asked - 1];
      return there ? Promise.resolve(there) : new Promise((resolve) => waiting.push(resolve));
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
