/**
 * Task ids that Redis had not accepted when the process ended: written to a file in DATA_DIR, and recorded by the next
 * worker that starts there before it creates tasks. Synchronous, because the process may be about to exit.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { recordFoundTask } from '../shared/ledger/found-task.ts';
import { isErrorWithCode } from '../shared/redis/error-code.ts';
import type { HeldTask } from './held-answers.ts';
import { UnreadableTasksError } from './unreadable-tasks-error.ts';
import type { WorkerContext } from './worker-context.ts';

const storedFile = z.object({
  prefix: z.string(),
  tasks: z.array(z.object({ itemId: z.string(), taskId: z.string(), attempt: z.number() })),
});

interface UnrecordedFile {
  readonly path: string;
  readonly tasks: readonly HeldTask[];
}

const folderIn = (dataDir: string) => join(dataDir, 'unrecorded-tasks');

/** @returns the path of the file, which is on disk when this returns */
function writeUnrecorded(
  dataDir: string,
  {
    prefix,
    tasks,
    name,
  }: { readonly prefix: string; readonly tasks: readonly HeldTask[]; readonly name: string },
): string {
  const folder = folderIn(dataDir);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.json`);
  // Whole or not at all: a full disk must not leave half a file behind.
  const unfinished = `${path}.unfinished`;
  writeFileSync(unfinished, JSON.stringify({ prefix, tasks }), { flush: true });
  renameSync(unfinished, path);
  syncFolder(folder);
  return path;
}

/** Files of this prefix; those of others are theirs. */
function readUnrecorded(dataDir: string, prefix: string): UnrecordedFile[] {
  const folder = folderIn(dataDir);
  return listFolder(folder)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const path = join(folder, name);
      const stored = readStored(path);
      return stored.prefix === prefix ? [{ path, tasks: stored.tasks }] : [];
    });
}

function readStored(path: string): z.infer<typeof storedFile> {
  try {
    return storedFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new UnreadableTasksError(path, cause);
  }
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isErrorWithCode(error, 'ENOENT')) return [];
    throw error;
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

/** Called when the process ends. @returns a message for a person, or null if everything is recorded */
export function reportUnrecorded({
  held,
  dataDir,
  prefix,
  workerId,
  logger,
}: Pick<WorkerContext, 'held' | 'dataDir' | 'prefix' | 'workerId' | 'logger'>): string | null {
  const tasks = held.tasks();
  if (tasks.length === 0) return null;
  const ids = tasks.map(({ itemId, taskId }) => `${itemId} ${taskId}`).join(', ');
  const message = `${tasks.length} task ids (link, task): ${ids}`;
  try {
    const file = writeUnrecorded(dataDir, { prefix, tasks, name: workerId });
    logger.error(
      { file, message },
      'Task ids could not be recorded in Redis; the next run or worker here records them first',
    );
    return `task ids that Redis did not accept are in ${file}; the next run or worker here records them first`;
  } catch (error) {
    logger.error(
      { err: error, message },
      'Task ids could be recorded neither in Redis nor in DATA_DIR: keep this line',
    );
    return `task ids could be recorded neither in Redis nor in ${dataDir}; keep this line: ${message}`;
  }
}

/** Called when a worker starts, before its first job. Rejects while Redis refuses writes. */
export async function recordLeftBehind({
  ledger,
  queues,
  dataDir,
  prefix,
  logger,
}: Pick<WorkerContext, 'ledger' | 'queues' | 'dataDir' | 'prefix' | 'logger'>): Promise<void> {
  for (const file of readUnrecorded(dataDir, prefix)) {
    for (const { itemId, taskId, attempt } of file.tasks) {
      const recorded = await recordFoundTask(ledger, itemId, { taskId, attempt, by: 'answer' });
      if (recorded === 'taken') await queues.add('status-check', itemId);
      if (recorded === 'beside') await queues.addBeside(itemId, taskId);
    }
    rmSync(file.path, { force: true });
    logger.info({ file: file.path, count: file.tasks.length }, 'Recorded task ids of an earlier process');
  }
}
