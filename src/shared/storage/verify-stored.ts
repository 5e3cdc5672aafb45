/**
 * Looks whether a stored result is still what was saved: for `export --verify`, and to find what a user
 * has deleted or damaged so that it can be fetched again while the vendor still has it. Reads only.
 */

import { z } from 'zod';
import { inspectAll } from '../mp4/inspection.ts';
import type { Storage } from './storage.ts';

export type StoredVerdict =
  | { readonly verdict: 'intact'; readonly bytes: number; readonly sha256: string }
  | { readonly verdict: 'missing' }
  /** The file is there but not what was saved: the message says how. */
  | { readonly verdict: 'changed'; readonly message: string };

export interface SavedFacts {
  readonly bytes: number;
  readonly sha256: string;
}

const sidecarSchema = z.object({ bytes: z.number(), sha256: z.string() });

/** Compares with what the ledger knows, or, where it knows nothing, with the sidecar. */
export async function verifyStored(
  storage: Storage,
  key: string,
  saved?: SavedFacts,
): Promise<StoredVerdict> {
  const found = await storage.stat(key);
  if (found === undefined) return { verdict: 'missing' };
  const expected = saved ?? (await readSidecarFacts(storage, key));
  // The size is free to look at; a file of another size need not be read.
  const resized = expected === undefined ? undefined : differs('bytes', found.bytes, expected.bytes);
  if (resized !== undefined) return changed(resized);
  const inspection = await inspectAll(storage.read(key));
  const walked = inspection.end();
  if (walked.kind === 'broken') return changed(walked.message);
  const sha256 = inspection.sha256();
  const rewritten = expected === undefined ? undefined : differs('SHA-256', sha256, expected.sha256);
  return rewritten === undefined
    ? { verdict: 'intact', bytes: inspection.bytes, sha256 }
    : changed(rewritten);
}

async function readSidecarFacts(storage: Storage, key: string): Promise<SavedFacts | undefined> {
  const parsed = sidecarSchema.safeParse(await storage.readSidecar(key));
  return parsed.success ? parsed.data : undefined;
}

function differs(what: string, found: number | string, expected: number | string): string | undefined {
  return found === expected ? undefined : `${what}: ${found} instead of ${expected}`;
}

function changed(message: string): StoredVerdict {
  return { verdict: 'changed', message };
}
