/**
 * A TCP proxy that can refuse, cut, slow and stall the connections through it. One stands before Redis and one before
 * the vendor.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface FaultProxy extends AsyncDisposable {
  readonly port: number;
  /** New connections are closed at once. */
  refuse(isRefusing: boolean): void;
  /** Ends open connections, each with this probability. @returns how many */
  cut(share: number, draw: () => number): number;
  /** How many were cut so far. */
  cuts(): number;
  /** Each piece of data waits so long, in both directions. */
  slow(delayMs: number): void;
  /** Data is kept until it is lifted; nobody is told. */
  stall(isStalled: boolean): void;
  /** Everything passes again. */
  heal(): void;
}

export async function startFaultProxy(targetPort: () => number): Promise<FaultProxy> {
  const open = new Set<() => void>();
  let isRefusing = false;
  let cuts = 0;
  let delayMs = 0;
  let stalled: PromiseWithResolvers<void> | null = null;

  /** In order; the sender is not read while its data waits. */
  async function forward(from: Socket, to: Socket): Promise<void> {
    for await (const piece of from) {
      if (delayMs > 0) await sleep(delayMs);
      while (stalled !== null) await stalled.promise;
      if (!to.write(piece)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
    }
    to.end();
  }

  const server = createServer((client) => {
    client.on('error', () => undefined);
    if (isRefusing) {
      client.destroy();
      return;
    }
    const upstream = connect(targetPort(), '127.0.0.1');
    const end = () => {
      open.delete(end);
      client.destroy();
      upstream.destroy();
    };
    open.add(end);
    upstream.on('error', end);
    for (const socket of [client, upstream]) socket.setNoDelay(true).on('close', end);
    forward(client, upstream).catch(end);
    forward(upstream, client).catch(end);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();

  function cut(share: number, draw: () => number): number {
    const chosen = [...open].filter(() => draw() < share);
    for (const end of chosen) end();
    cuts += chosen.length;
    return chosen.length;
  }
  function stall(isStalled: boolean): void {
    if (isStalled) stalled ??= Promise.withResolvers();
    else {
      stalled?.resolve();
      stalled = null;
    }
  }
  function heal(): void {
    isRefusing = false;
    delayMs = 0;
    stall(false);
  }
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
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
      const closed = once(server, 'close');
      server.close();
      cut(1, () => 0);
      await closed;
    },
  };
}
