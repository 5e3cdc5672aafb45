/** A way to Redis that a test can cut and restore. Dispose it at the end. */
import { connect, createServer, type Socket } from 'node:net';

export async function startRedisProxy(redisUrl: string) {
  const { hostname, port, pathname, protocol } = new URL(redisUrl);
  const sockets = new Set<Socket>();
  let isCut = false;
  let refused = 0;
  const server = createServer((client) => {
    if (isCut) {
      refused += 1;
      client.resetAndDestroy();
      return;
    }
    const upstream =
      protocol === 'unix:' ? connect(decodeURIComponent(pathname)) : connect(Number(port || 6379), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const credentials = new URL(redisUrl).password === '' ? '' : `:${new URL(redisUrl).password}@`;
  return {
    url: `redis://${credentials}127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    /** Connections since the beginning that were reset at once. */
    refused: () => refused,
    restore() {
      isCut = false;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
