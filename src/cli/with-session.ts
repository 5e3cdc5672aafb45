/** What the commands on batches share: a session for the time of their work, and what they need of it. */
import { openSession, type Session } from '../app/session.ts';
import { UsageError } from '../app/usage-error.ts';
import { loadConfiguration } from '../shared/configuration/configuration.ts';
import type { Batch } from '../shared/ledger/batch.ts';
import { type BatchOperations, createBatchOperations } from '../shared/ledger/batch-operations.ts';
import type { Terminal } from './terminal.ts';

export async function withSession<Result>(
  terminal: Terminal,
  work: (session: Session) => Promise<Result>,
  modelFiles: readonly string[] = [],
): Promise<Result> {
  const session = await openSession({
    loaded: loadConfiguration(),
    output: terminal,
    modelFiles,
    logTo: 'file',
  });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

export function operationsOf(session: Session): BatchOperations {
  return createBatchOperations(session);
}

/** @throws UsageError when there is no batch of that name, with those there are */
export async function requireBatch(name: string, { ledger }: Pick<Session, 'ledger'>): Promise<Batch> {
  const batch = await ledger.batch(name);
  if (batch !== null) return batch;
  const known = await ledger.batchNames();
  const hint = known.length === 0 ? 'there are none yet' : `there are: ${known.slice(-20).join(', ')}`;
  throw new UsageError(`There is no batch "${name}"; ${hint}`);
}
