/**
 * A user of a shared local Redis holds one named connection to it. So the server knows its users: a killed process
 * disappears from its list at once, and process ids cannot be confused. Called by join-server.ts.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { isErrorWithCode } from '../error-code.ts';
import type { Listening } from './redis-configuration.ts';

const USER_PREFIX = 'kie-batch-user-';
const ANSWER_TIMEOUT_MS = 10_000;
const LOADING_POLL_MS = 50;

export interface Membership {
  readonly name: string;
  readonly connection: Redis;
  /** Resolves when the connection has ended, for any reason. */
  readonly ended: Promise<void>;
}

/** Undefined when no server listens there; throws when one does and will not have us. */
export async function joinAsUser(listening: Listening): Promise<Membership | undefined> {
  const name = `${USER_PREFIX}${randomUUID()}`;
  const connection = new Redis({
    ...endpoint(listening),
    connectionName: name,
    // A plain connection: it must notice the end of the server at once, and work while the server still loads.
    retryStrategy: () => null,
    enableReadyCheck: false,
    lazyConnect: true,
    protocol: 2,
    disableClientInfo: true,
    connectTimeout: ANSWER_TIMEOUT_MS,
  });
  let trouble: Error | undefined;
  connection.on('error', (error: Error) => {
    trouble = error;
  });
  const ended = new Promise<void>((resolve) => connection.once('end', () => resolve()));
  try {
    await withDeadline(connection.connect().then(() => connection.client('SETNAME', name)));
    return { name, connection, ended };
  } catch (error) {
    // A refused connection ends without that; disconnecting it as well would leave a timer behind.
    if (isNobodyThere(error) || isNobodyThere(trouble)) return undefined;
    connection.disconnect();
    throw error;
  }
}

/** Waits while the server reads its append-only file; `onWait` is called once if this takes long. */
export async function waitUntilLoaded(membership: Membership, onWait: () => void): Promise<void> {
  for (let polls = 0; ; polls += 1) {
    const reply: unknown = await membership.connection.ping().catch((error: unknown) => error);
    if (reply === 'PONG') return;
    if (!(reply instanceof Error) || !reply.message.startsWith('LOADING')) throw reply;
    if (polls === 1_000 / LOADING_POLL_MS) onWait();
    await sleep(LOADING_POLL_MS);
  }
}

/**
 * Whether another process uses the server. A process killed just now may be on the list until the server reads the end
 * of its connection, which it has done when it answers again.
 */
export async function hasOtherUsers(membership: Membership): Promise<boolean> {
  return (await listsOthers(membership)) && (await listsOthers(membership));
}

async function listsOthers({ connection, name: ownName }: Membership): Promise<boolean> {
  const list = String(await connection.client('LIST'));
  return clientNames(list).some((name) => name.startsWith(USER_PREFIX) && name !== ownName);
}

export function clientNames(clientList: string): string[] {
  return [...clientList.matchAll(/(?:^| )name=(\S*)/gm)].map((match) => match[1] ?? '');
}

function endpoint(listening: Listening): { path: string } | { host: string; port: number; password: string } {
  if (listening.kind === 'socket') return { path: listening.path };
  return { host: '127.0.0.1', port: listening.port, password: listening.password };
}

/** A refused connection, a missing socket, or a connection that closed without an answer: the server has ended. */
function isNobodyThere(error: unknown): boolean {
  if (isErrorWithCode(error, 'ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE')) return true;
  return error instanceof Error && error.message === 'Connection is closed.';
}

async function withDeadline<Value>(work: Promise<Value>): Promise<Value> {
  const deadline = new AbortController();
  const expiry = sleep(ANSWER_TIMEOUT_MS, undefined, { signal: deadline.signal }).then(() => {
    throw new Error(`does not answer within ${ANSWER_TIMEOUT_MS / 1000} seconds`);
  });
  try {
    return await Promise.race([work, expiry]);
  } finally {
    deadline.abort();
    expiry.catch(() => undefined);
  }
}
