/**
 * What the processes that share a local Redis know about it: its socket and its process, stored next to its data in
 * `server.json`. Written before the server runs, so that the next process finds it after a `kill -9`. Read and written
 * only under the lock.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { processIdentitySchema } from './process-identity.ts';

const serverRecordSchema = z.object({
  listening: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('socket'), path: z.string() }),
    z.object({ kind: z.literal('loopback'), port: z.number().int(), password: z.string() }),
  ]),
  /** The server; absent while it is being started, and for a container. */
  process: processIdentitySchema.optional(),
  container: z.string().optional(),
});
export type ServerRecord = z.infer<typeof serverRecordSchema>;

/** Undefined where there is none, or none that can be read. */
export async function readServerRecord(file: string): Promise<ServerRecord | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return serverRecordSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export async function writeServerRecord(file: string, record: ServerRecord): Promise<void> {
  const draft = `${file}.draft`;
  await writeFile(draft, `${JSON.stringify(record)}\n`, { mode: 0o600, flush: true });
  await rename(draft, file);
}

export async function removeServerRecord(file: string): Promise<void> {
  await rm(file, { force: true });
}
