/**
 * Sends the commands of one turn of the event loop together. ioredis makes one write for each command, and
 * at hundreds of links a second these system calls were a fifth of a worker's processor time. What the turn's events
 * have caused is written when they have all been handled: no later than a reply to them could have been read.
 */
import { Cluster, type Redis } from 'ioredis';

export function coalesceWrites(connection: Redis | Cluster): void {
  if (connection instanceof Cluster) connection.on('+node', coalesceWritesOf);
  else coalesceWritesOf(connection);
}

function coalesceWritesOf(connection: Redis): void {
  connection.on('connect', () => {
    const { stream } = connection;
    const write = stream.write.bind(stream) as (...given: unknown[]) => boolean;
    Object.assign(stream, {
      write: (...given: unknown[]) => {
        if (stream.writableCorked === 0) {
          stream.cork();
          setImmediate(() => stream.uncork());
        }
        return write(...given);
      },
    });
  });
}
