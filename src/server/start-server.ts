/**
 * The HTTP server of a process, without its contents: each part (callbacks, health, the operator's pages) has its own
 * routes and is registered in its own scope, so that body parsers, hooks and error pages of one never affect another.
 * Called by `serve`, and by commands that include it.
 */
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import type { Logger } from '../shared/logging/logger.ts';
import { problemOf } from './api/problem.ts';
import { boundConnections, headLimits } from './bound-connections.ts';
import { faultOfSender } from './fault-of-request.ts';
import { type PublicAddress, withoutBase } from './public-address.ts';

/** One part: adds its routes to the scope it is given. */
export type RegisterRoutes = (scope: FastifyInstance) => void | Promise<void>;

export interface ServerOptions {
  readonly host: string;
  /** 0 selects any free one. */
  readonly port: number;
  readonly routes: readonly RegisterRoutes[];
  readonly logger: Logger;
  /** Whose forwarding headers count. */
  readonly trustedProxies?: readonly string[] | undefined;
  readonly publicAddress?: PublicAddress | undefined;
}

export interface RunningServer extends AsyncDisposable {
  /** Where it is reached from this machine. */
  readonly url: string;
  /** Answers the open requests, then ends all connections. */
  close(): Promise<void>;
}

/** Callback tokens are longer than the usual limit of routers. */
const longestParameter = 200;

/** Connections that may wait to be accepted, where the system allows it: Node’s 511 are full at once in a flood, and a callback that finds them full tries again after a second. */
const mostUnaccepted = 4096;

/** @throws the error of `listen`, for instance EADDRINUSE */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, port, routes, logger, trustedProxies = [], publicAddress } = options;
  const server = fastify({
    // Requests are not logged: the address of a callback is a secret.
    logger: false,
    http: headLimits,
    trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies],
    rewriteUrl: ({ url = '/' }) => withoutBase(url, publicAddress?.basePath ?? ''),
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: longestParameter },
    // A malformed address reaches no route.
    frameworkErrors: (error, _request, reply) => sendProblem(reply, error.statusCode ?? 400, error.message),
  });
  const connections = boundConnections(server.server);
  server.addHook('preClose', async () => connections.end());
  server.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) => {
    const fault = faultOfSender(error, request);
    const status = error.statusCode ?? (fault === null ? 500 : 400);
    if (status >= 500) logger.error({ err: error, route: request.routeOptions.url }, 'A request failed');
    return sendProblem(
      reply,
      status,
      status >= 500 ? 'An internal error occurred.' : (fault ?? error.message),
    );
  });
  server.setNotFoundHandler((_request, reply) => sendProblem(reply, 404, 'Not found.'));
  for (const register of routes) await server.register(async (scope) => register(scope));
  await server.listen({ host, port, backlog: mostUnaccepted });
  const close = () => server.close();
  return { url: urlOf(server, host), close, [Symbol.asyncDispose]: close };
}

function sendProblem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply.code(status).type('application/problem+json').send(problemOf(status, detail));
}

function urlOf(server: FastifyInstance, host: string): string {
  const address = server.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}
