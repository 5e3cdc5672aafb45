import type { RedisConnection } from './script.ts';

/** Where one installation keeps its data: a connection, and the prefix that all its keys begin with. */
export interface Keyspace {
  readonly redis: RedisConnection;
  /** With its hash tag, like `{kie-batch}`. */
  readonly prefix: string;
}
