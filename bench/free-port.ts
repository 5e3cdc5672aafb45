/**
 * A port that no process listens on, for a server whose address has to be known before it starts. Below the range that
 * systems give to outgoing connections and to port 0, so that hardly anything else can take it meanwhile; and so low
 * that the port 10,000 above it, where a Cluster's node listens too, is below that range as well.
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

const [lowest, highest] = [10_000, 22_000];

export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest);
    // On all addresses, as redis-server does.
    const server = createServer().listen(port);
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
