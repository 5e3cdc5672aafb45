/**
 * Checks whether one stored result is still what was saved: for `export --verify`, and to find what a user has deleted
 * so that it can be downloaded again while the vendor still has it. Reads only.
 */
import { z } from 'zod';
import { inspectAll } from '../media/inspection.ts';
import type { Storage } from './storage.ts';

export type StoredVerdict =
  | { readonly verdict: 'intact'; readonly bytes: number; readonly sha256: string }
  | Damage;

export type Damage =
  | { readonly verdict: 'missing' }
  /** The file is there but not what was saved: the message says how. */
  | { readonly verdict: 'changed'; readonly message: string };

export interface SavedFacts {
  readonly bytes: number;
  readonly sha256: string;
}

/** What is known of a result without reading it; what is expected of it besides. */
export interface SizedResult {
  readonly verdict: 'there';
  readonly bytes: number;
  readonly expected: Partial<SavedFacts>;
}

const sidecarSchema = z.object({ bytes: z.number(), sha256: z.string() });

/** Compares with what the ledger knows and, where it knows nothing, with the sidecar. */
export async function verifyStored(
  storage: Storage,
  key: string,
  saved?: Partial<SavedFacts>,
): Promise<StoredVerdict> {
  // The size is free to read; a file of another size need not be read.
  const sized = await verifySize(storage, key, saved);
  return sized.verdict === 'there' ? verifyContent(storage, key, sized.expected) : sized;
}

/** Checks the size only. */
export async function verifySize(
  storage: Storage,
  key: string,
  saved?: Partial<SavedFacts>,
): Promise<SizedResult | Damage> {
  const found = await storage.stat(key);
  if (found === undefined) return { verdict: 'missing' };
  const expected = { ...(await readSidecarFacts(storage, key)), ...saved };
  const resized = differs('bytes', found.bytes, expected.bytes);
  return resized === undefined ? { verdict: 'there', bytes: found.bytes, expected } : changed(resized);
}

async function verifyContent(
  storage: Storage,
  key: string,
  expected: Partial<SavedFacts>,
): Promise<StoredVerdict> {
  const inspection = await inspectAll(storage.read(key));
  const walked = inspection.end();
  if (walked.kind === 'broken') return changed(walked.message);
  const sha256 = inspection.sha256();
  const rewritten = differs('SHA-256', sha256, expected.sha256);
  return rewritten === undefined
    ? { verdict: 'intact', bytes: inspection.bytes, sha256 }
    : changed(rewritten);
}

async function readSidecarFacts(storage: Storage, key: string): Promise<SavedFacts | undefined> {
  const parsed = sidecarSchema.safeParse(await storage.readSidecar(key));
  return parsed.success ? parsed.data : undefined;
}

function differs(what: string, found: number | string, expected: number | string | undefined) {
  if (expected === undefined || found === expected) return undefined;
  return `${what}: ${found} instead of ${expected}`;
}

function changed(message: string): Damage {
  return { verdict: 'changed', message };
}
