/**
 * Identifies a process uniquely: ids are reused, so the start time is part of it, and if there are several ranges of
 * ids (containers, reboots, other machines), the range too. Used by the lock and the server record.
 */
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { kill, pid as ownPid } from 'node:process';
import { z } from 'zod';
import { isErrorWithCode } from '../error-code.ts';
import { runTool } from '../program/run-tool.ts';

export const processIdentitySchema = z.object({
  pid: z.number().int().positive(),
  /** When the process started, in the form of this system; compared only for equality. */
  startedAt: z.string(),
  /** Where this process id means something: one boot of one machine, one container. */
  realm: z.string(),
});
export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

/** Reads an identity that was stored as JSON; undefined where it is none, or was cut short. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  try {
    return processIdentitySchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** `elsewhere`: in another container or machine, so its state is unknown here. */
export type Liveness = 'alive' | 'dead' | 'elsewhere';

export async function identifyProcess(pid: number): Promise<ProcessIdentity> {
  return { pid, startedAt: await readStart(pid), realm: await readRealm() };
}

export function identifyOwnProcess(): Promise<ProcessIdentity> {
  return identifyProcess(ownPid);
}

export async function isAlive(identity: ProcessIdentity): Promise<Liveness> {
  const realm = await readRealm();
  if (identity.realm !== realm) return sameHost(identity.realm, realm) ? 'dead' : 'elsewhere';
  if (!signalReaches(identity.pid)) return 'dead';
  return (await readStart(identity.pid)) === identity.startedAt ? 'alive' : 'dead';
}

/** Same machine and same range of process ids, but another boot: the process has ended. */
function sameHost(realm: string, ownRealm: string): boolean {
  const [host, range] = realm.split(' ');
  const [ownHost, ownRange] = ownRealm.split(' ');
  return host === ownHost && range === ownRange;
}

function signalReaches(pid: number): boolean {
  try {
    kill(pid, 0);
    return true;
  } catch (error) {
    // Not permitted to signal it means that it is there.
    return isErrorWithCode(error, 'EPERM');
  }
}

/** A zombie also has a start time, but has ended. */
async function readStart(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat !== undefined) return parseStartTicks(stat);
  const listed = await runTool('ps', ['-o', 'lstart=', '-p', String(pid)], { timeoutMs: 5_000 });
  return listed.ok ? listed.stdout.trim() : 'gone';
}

/** Field 22 of /proc/PID/stat; the name in field 2 may hold blanks and brackets, so count after its end. */
export function parseStartTicks(stat: string): string {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return 'gone';
  return fields[19] ?? 'unknown';
}

async function readRealm(): Promise<string> {
  const range = await readlink('/proc/self/ns/pid').catch(() => 'pid');
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => 'boot');
  return `${hostname()} ${range} ${boot.trim()}`;
}
