/**
 * Limits what strangers can cost this server: connections that never finish a request are bounded in number and time.
 * An upload may take as long as it makes progress; a stalled body is aborted. Called once by start-server.ts.
 * Invariants: a new connection is always accepted, so a flood of half-open ones cannot block callbacks: the oldest
 * incomplete one is closed. And none of them keeps a server that stops from ending.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

export interface ConnectionBounds {
  readonly mostConnections: number;
  /** A body must deliver `leastBytes` in each period of this length. */
  readonly stallMs: number;
  readonly leastBytes: number;
}

const usualBounds: ConnectionBounds = {
  mostConnections: 4000,
  stallMs: 15_000,
  leastBytes: 4096,
};

/** For Node's HTTP server: how long the head of a request may take, and how often that is checked. */
export const headLimits = { headersTimeout: 10_000, requestTimeout: 0, connectionsCheckingInterval: 2000 };

export interface BoundConnections {
  /** Tracked connections: all, those without a complete request, and those whose body is incomplete. */
  held(): { readonly open: number; readonly waiting: number; readonly bodies: number };
  /**
   * For a server that stops: closes the connections without a request, and later ones that bring none at once. Node closes
   * only those that have been answered before, and no longer checks how long the others take.
   */
  end(): void;
}

export function boundConnections(server: Server, bounds: ConnectionBounds = usualBounds): BoundConnections {
  /** Connections without a complete request, and how many bytes each had delivered at the last check; oldest first. */
  const waiting = new Map<Socket, Look>();
  /**
   * By connection, as long as it is open: a response may be sent before the body is complete, and then no request ends.
   */
  const bodies = new Map<Socket, BodyWatch>();
  let open = 0;
  let isEnding = false;

  server.on('connection', (socket) => {
    open += 1;
    if (isEnding) setTimeout(() => closeUnused(socket), lastRequestMs);
    waiting.set(socket, lookAt(socket));
    socket.once('close', () => {
      open -= 1;
      waiting.delete(socket);
      bodies.delete(socket);
    });
    if (open <= bounds.mostConnections) return;
    giveWay();
  });

  /**
   * An upload with progress is skipped: only connections without new bytes are closed. Thousands are accepted in one
   * turn, in which nothing is read, so an upload is not checked again at once.
   */
  function giveWay(): void {
    const now = performance.now();
    for (const [socket, { bytes, at }] of waiting) {
      const isSparing = bodies.has(socket) && now - at < spareMs;
      if (isSparing) continue;
      waiting.delete(socket);
      if (!bodies.has(socket) || socket.bytesRead - bytes < bounds.leastBytes) return void socket.destroy();
      waiting.set(socket, lookAt(socket));
    }
    // All are uploads that move: the oldest of them.
    const [oldest] = waiting.keys();
    oldest?.destroy();
  }

  function closeUnused(socket: Socket): void {
    if (waiting.has(socket) && !bodies.has(socket)) socket.destroy();
  }

  server.on('request', (request, response) => {
    const { socket } = request;
    response.once('close', () => {
      if (!socket.destroyed) waiting.set(socket, lookAt(socket));
      if (isEnding) closeUnused(socket);
    });
    if (!hasBody(request)) {
      waiting.delete(socket);
      return;
    }
    const watch = { request, bytes: socket.bytesRead };
    bodies.set(socket, watch);
    request.once('end', () => {
      if (bodies.get(socket) === watch) bodies.delete(socket);
      waiting.delete(socket);
    });
  });

  const timer = setInterval(() => {
    for (const [socket, watch] of bodies) cutStalled(socket, watch, bounds);
  }, bounds.stallMs);
  timer.unref();
  server.once('close', () => clearInterval(timer));
  return {
    held: () => ({ open, waiting: waiting.size, bodies: bodies.size }),
    end() {
      isEnding = true;
      for (const socket of waiting.keys()) closeUnused(socket);
    },
  };
}

interface Look {
  readonly bytes: number;
  /** By the monotonic clock. */
  readonly at: number;
}

/** So long a connection that is accepted at the last moment may take for its request. */
const lastRequestMs = 1000;

/** For so long a body is not judged again. */
const spareMs = 2000;

function lookAt({ bytesRead }: Socket): Look {
  return { bytes: bytesRead, at: performance.now() };
}

interface BodyWatch {
  readonly request: IncomingMessage;
  /** Bytes read at the last check. */
  bytes: number;
}

function cutStalled(socket: Socket, watch: BodyWatch, { leastBytes }: ConnectionBounds): void {
  // While our own reader is busy it holds the body back: not a stall of the sender.
  if (watch.request.isPaused() || watch.request.readableLength > 0) return;
  const moved = socket.bytesRead - watch.bytes;
  watch.bytes = socket.bytesRead;
  if (moved < leastBytes) socket.destroy();
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
