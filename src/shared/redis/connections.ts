/**
 * The connections to one Redis address. Closes each of them in the end, and logs an outage once, not once a
 * connection. Used by open-redis.ts.
 */
import type { Logger } from 'pino';
import { withTimeout } from '../time/with-timeout.ts';
import { coalesceWrites } from './coalesce-writes.ts';
import type { ConnectionRole, RedisConnection } from './connect-redis.ts';
import { connectRedis } from './connect-redis.ts';
import type { RedisAddress } from './redis-address.ts';

/** QUIT waits for pending replies; a server that does not answer is not waited for. */
const QUIT_TIMEOUT_MS = 2_000;

export class Connections {
  latestTrouble: Error | undefined;
  readonly #address: RedisAddress;
  readonly #logger: Logger;
  readonly #open = new Set<RedisConnection>();
  #isClosed = false;
  #isDown = false;
  #wasEverUp = false;

  constructor(address: RedisAddress, logger: Logger) {
    this.#address = address;
    this.#logger = logger;
  }

  open(role: ConnectionRole): RedisConnection {
    const connection = connectRedis(this.#address, role, (error) => {
      this.latestTrouble = error;
      // The message alone: the error itself carries the command that failed, which may be the one with the password.
      this.#logger.debug({ problem: error.message }, 'Error on a Redis connection');
    });
    connection.on('ready', () => this.#noteUp());
    connection.on('reconnecting', () => this.#noteDown());
    return this.#keep(connection);
  }

  /**
   * BullMQ creates a second connection for a worker, and leaves it open if Redis is away when the worker closes. It may
   * also connect one again that has ended: that keeps the process alive for good unless it is closed here.
   */
  #keep<Kept extends RedisConnection>(connection: Kept): Kept {
    coalesceWrites(connection);
    this.#open.add(connection);
    connection.on('end', () => this.#open.delete(connection));
    connection.on('connecting', () => {
      if (this.#isClosed) connection.disconnect();
      else this.#open.add(connection);
    });
    const duplicate = connection.duplicate.bind(connection) as (...given: unknown[]) => Kept;
    Object.assign(connection, { duplicate: (...given: unknown[]) => this.#keep(duplicate(...given)) });
    return connection;
  }

  async close(connection: RedisConnection): Promise<void> {
    this.#open.delete(connection);
    if (connection.status !== 'ready') {
      connection.disconnect();
      return;
    }
    const quitting = connection.quit().catch(() => 'late');
    if ((await withTimeout(quitting, QUIT_TIMEOUT_MS, 'late')) === 'late') connection.disconnect();
  }

  /** Closes all connections, and those that are opened after this at once. */
  async closeAll(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#open].map((connection) => this.close(connection)));
  }

  #noteDown(): void {
    // Without an error the client only reconnects, as from a replica (READONLY): nothing is lost yet.
    if (this.#isDown || !this.#wasEverUp || this.latestTrouble === undefined) return;
    this.#isDown = true;
    this.#logger.warn(
      { reason: this.latestTrouble?.message },
      'Lost the connection to Redis; waiting for it',
    );
  }

  #noteUp(): void {
    if (this.#isDown) this.#logger.info('Connected to Redis again');
    this.#isDown = false;
    this.latestTrouble = undefined;
    this.#wasEverUp = true;
  }
}
