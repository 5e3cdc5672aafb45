/**
 * A TCP proxy that can refuse, cut, slow and stall connections. There is one in front of the Redis servers, one in
 * front of the vendor, and one in front of the bucket.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface FaultProxy extends AsyncDisposable {
  /** @returns the port that leads to this one through the proxy */
  front(port: number): Promise<number>;
  /** New connections are closed at once. */
  refuse(isRefusing: boolean): void;
  /** Ends open connections, each with this probability. @returns how many */
  cut(share: number, draw: () => number): number;
  /** How many were cut so far. */
  cuts(): number;
  /** Each piece of data waits so long, in both directions. */
  slow(delayMs: number): void;
  /** Data is kept until the stall ends, without an error. @param port only what leads to this one */
  stall(isStalled: boolean, port?: number): void;
  /** Everything passes again. */
  heal(): void;
}

export function openFaultProxy(): FaultProxy {
  const servers: Server[] = [];
  const open = new Set<() => void>();
  let isRefusing = false;
  let cuts = 0;
  let delayMs = 0;
  const stalls = new Map<number | undefined, PromiseWithResolvers<void>>();
  const stallOf = (port: number) => stalls.get(port) ?? stalls.get(undefined);

  /** In order; the sender is not read while its data waits. */
  async function forward(from: Socket, to: Socket, port: number): Promise<void> {
    for await (const piece of from) {
      if (delayMs > 0) await sleep(delayMs);
      for (let stall = stallOf(port); stall !== undefined; stall = stallOf(port)) await stall.promise;
      if (!to.write(piece)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
    }
    to.end();
  }

  function lead(client: Socket, port: number): void {
    client.on('error', () => undefined);
    if (isRefusing) {
      client.destroy();
      return;
    }
    const upstream = connect(port, '127.0.0.1');
    const end = () => {
      open.delete(end);
      client.destroy();
      upstream.destroy();
    };
    open.add(end);
    upstream.on('error', end);
    for (const socket of [client, upstream]) socket.setNoDelay(true).on('close', end);
    forward(client, upstream, port).catch(end);
    forward(upstream, client, port).catch(end);
  }

  function cut(share: number, draw: () => number): number {
    const chosen = [...open].filter(() => draw() < share);
    for (const end of chosen) end();
    cuts += chosen.length;
    return chosen.length;
  }
  function stall(isStalled: boolean, port?: number): void {
    stalls.get(port)?.resolve();
    if (isStalled) stalls.set(port, Promise.withResolvers());
    else stalls.delete(port);
  }
  function heal(): void {
    isRefusing = false;
    delayMs = 0;
    for (const port of stalls.keys()) stall(false, port);
  }
  return {
    async front(port) {
      const server = createServer((client) => lead(client, port)).listen(0, '127.0.0.1');
      servers.push(server);
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    },
    refuse: (refusing) => {
      isRefusing = refusing;
    },
    cut,
    cuts: () => cuts,
    slow: (ms) => {
      delayMs = ms;
    },
    stall,
    heal,
    async [Symbol.asyncDispose]() {
      heal();
      const closed = servers.map((server) => once(server.close(), 'close'));
      cut(1, () => 0);
      await Promise.all(closed);
    },
  };
}
