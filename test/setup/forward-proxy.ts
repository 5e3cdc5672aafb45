/** An HTTP proxy that leads every host to one address, and notes what it was asked for. */
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';

export interface ForwardProxy extends AsyncDisposable {
  /** With a user and the password `pass-of-the-proxy`. */
  readonly url: string;
  /** `GET vendor.example` and the like, and what was said to authorise. */
  readonly asked: { readonly what: string; readonly authorization: string | undefined }[];
}

export async function startForwardProxy(target: string): Promise<ForwardProxy> {
  const { hostname, port } = new URL(target);
  const asked: ForwardProxy['asked'] = [];
  const server = createServer((incoming, response) => {
    const { method, url = '', headers } = incoming;
    const wanted = new URL(url);
    asked.push({ what: `${method} ${wanted.hostname}`, authorization: headers['proxy-authorization'] });
    const path = `${wanted.pathname}${wanted.search}`;
    const outgoing = request({ hostname, port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  });
  server.on('connect', ({ url, headers }, socket) => {
    asked.push({ what: `CONNECT ${url}`, authorization: headers['proxy-authorization'] });
    const onwards = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onwards.pipe(socket).pipe(onwards);
    });
    onwards.on('error', () => socket.destroy());
    socket.on('error', () => onwards.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const own = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://user:pass-of-the-proxy@127.0.0.1:${own}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}
