/**
 * Migrates the data in Redis to the version of this program, or refuses data of a newer one. Called once when a session
 * opens, before anything is read. Invariant: of several processes that start together, one runs the migrations and the
 * others wait for it.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ExplainedError } from '../explained-error.ts';
import type { Logger } from '../logging/logger.ts';
import type { Keyspace } from '../redis/keyspace.ts';
import { firstVersion, type Migration, migrations } from './migrations.ts';

export interface DataVersionOptions extends Keyspace {
  readonly logger: Logger;
  readonly steps?: readonly Migration[];
}

export class DataVersionError extends ExplainedError {
  readonly code = 'DATA_VERSION';
}

/** Longer than a step may take; renewed between two steps. */
const lockMs = 600_000;
const retryMs = 200;

/** @throws DataVersionError that says what to do */
export async function openData(options: DataVersionOptions): Promise<void> {
  const { redis, prefix, steps = migrations } = options;
  const current = steps.at(-1)?.to ?? firstVersion;
  for (;;) {
    const found = await versionOf({ redis, prefix }, current);
    if (found > current) throw newerData(found, current, prefix);
    if (found === current) return;
    if (!(await migrateAlone(found, { ...options, steps }))) await sleep(retryMs);
  }
}

/** An empty Redis begins with the current version; data without a version is of the first. */
async function versionOf({ redis, prefix }: Keyspace, current: number): Promise<number> {
  const key = versionKey(prefix);
  const stored = await redis.get(key);
  if (stored !== null) return Number(stored);
  const version = (await redis.exists(`${prefix}:batches`)) === 1 ? firstVersion : current;
  // A Redis that refuses writes can still be read; the next start records the version.
  await redis.set(key, String(version), 'NX').catch(() => null);
  return Number((await redis.get(key)) ?? version);
}

/** @returns false when another process is migrating */
async function migrateAlone(
  from: number,
  { redis, prefix, logger, steps = migrations }: DataVersionOptions,
): Promise<boolean> {
  const lock = `${prefix}:data-version:lock`;
  const owner = randomUUID();
  if ((await redis.set(lock, owner, 'PX', lockMs, 'NX')) !== 'OK') return false;
  try {
    // Another process may have finished between our check and the lock.
    const found = Number((await redis.get(versionKey(prefix))) ?? from);
    for (const step of steps.filter(({ to }) => to > found)) {
      logger.info({ version: step.to, title: step.title }, 'Migrating the data in Redis');
      await step.run({ redis, prefix });
      await redis.set(versionKey(prefix), String(step.to));
      await redis.pexpire(lock, lockMs);
    }
    return true;
  } finally {
    if ((await redis.get(lock)) === owner) await redis.del(lock);
  }
}

function newerData(found: number, current: number, prefix: string): DataVersionError {
  return new DataVersionError(
    `Redis holds data of a newer kie-batch under the prefix ${prefix} (data version ${found}; this program knows up to ${current}). Update kie-batch on this machine, or use another QUEUE_PREFIX.`,
  );
}

export function versionKey(prefix: string): string {
  return `${prefix}:data-version`;
}
