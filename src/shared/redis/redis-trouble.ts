/**
 * Distinguishes trouble of Redis from other errors: a refused write (a full disk, no memory, a replica, too few
 * replicas), and a server that is loading or unreachable. No item is at fault, and all of it ends. Used where work
 * continues after Redis has refused something, and for the message to a person.
 */
import { ReplyError } from 'ioredis';

const errorNames = new Set([
  'MaxRetriesPerRequestError',
  'ClusterAllFailedError',
  'ConnectionClosedError',
  'ParserError',
]);
const messages =
  /^(?:Connection is closed|Stream isn't writeable|Command aborted|Command timed out|Failed to refresh slots|All sentinels are unreachable|Too many Cluster redirections)/;

export function isRedisTrouble(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof ReplyError) return !isFaultOfScript(error);
  return errorNames.has(error.name) || messages.test(error.message);
}

const refusedWrite = /\b(?:MISCONF|OOM|NOREPLICAS|READONLY|LOADING|CLUSTERDOWN|MASTERDOWN)\b/;

/**
 * A script that fails on the data it finds does so each time: if it were repeated as Redis trouble, one record would
 * stop everything permanently. Redis 6 also reports a refused write inside a script as an error of the script, with its
 * code in the text.
 */
function isFaultOfScript({ message }: Error): boolean {
  return /^(?:ERR|WRONGTYPE)\b.*\buser_script\b/s.test(message) && !refusedWrite.test(message);
}

const advice: Readonly<Record<string, string>> = {
  MISCONF: 'it cannot write to its disk. Free some disk space where Redis keeps its data',
  OOM: 'its memory is full. Raise its maxmemory or remove other data',
  NOREPLICAS: 'too few of its replicas are connected. Check the replicas, or min-replicas-to-write',
  READONLY: 'it is a replica. Check that REDIS_URL names the primary',
  LOADING: 'it is still reading its data. Wait a moment',
  CLUSTERDOWN: 'its cluster is down. Check the nodes of the cluster',
  NOPERM: 'the user has too few rights. Check the access list of the user in REDIS_URL',
};

/** One line for a person: what Redis said, and what to do. */
export function describeRedisTrouble(error: Error): string {
  const said = error.message.split('\n')[0] ?? '';
  const code = Object.keys(advice).find((each) => new RegExp(`\\b${each}\\b`).test(said));
  const why = code === undefined ? 'check that it is running and reachable' : advice[code];
  return `Redis refused a write: ${why}. Then rerun the command; nothing is lost. Redis said: ${said}`;
}
