/**
 * Makes names durable: a rename survives a power failure only after its folder is synced. Many downloads end in the
 * same folder at once, so callers that arrive during a sync share the next one. Invariant: a caller is only answered by
 * a sync that started after its call.
 */
import { open } from 'node:fs/promises';

export type SyncFolder = (folder: string) => Promise<void>;

interface Turn {
  readonly running: Promise<void>;
  next: Promise<void> | undefined;
}

export function createFolderSync(syncOne: SyncFolder = syncFolderNow): SyncFolder {
  const turns = new Map<string, Turn>();

  function begin(folder: string): Promise<void> {
    const turn: Turn = { running: syncOne(folder), next: undefined };
    turns.set(folder, turn);
    const settle = () => {
      if (turn.next === undefined) turns.delete(folder);
    };
    turn.running.then(settle, settle);
    return turn.running;
  }

  return (folder) => {
    const turn = turns.get(folder);
    if (turn === undefined) return begin(folder);
    turn.next ??= turn.running.then(
      () => begin(folder),
      () => begin(folder),
    );
    return turn.next;
  };
}

async function syncFolderNow(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
