/**
 * Enqueues a checked list from the same file, in the background: the page of the batch opens as soon as its first links
 * are enqueued. Pressing twice enqueues once.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { RequestError } from '../../shared/explained-error.ts';
import { Refusal } from '../auth/guard.ts';
import type { CreatedBatch } from '../server-deps.ts';
import type { ListChecks } from '../uploads/list-checks.ts';
import type { StagedList, StagedLists } from '../uploads/staged-lists.ts';
import type { UploadedVideos } from '../uploads/uploaded-videos.ts';
import type { ActionParts } from './actions.ts';
import { withNotice } from './notices.ts';
import { batchPath } from './parts.ts';

export interface Enqueuer {
  /** @returns where to go; @throws Refusal with what is wrong with the list */
  enqueue(
    id: string,
    list: StagedList,
    who: { readonly who: string; readonly address: string },
  ): Promise<string>;
  stop(): Promise<void>;
}

const momentMs = 1500;

export function createEnqueuer(
  staged: StagedLists,
  checks: ListChecks,
  videos: UploadedVideos,
  { deps, audit }: Pick<ActionParts, 'deps' | 'audit'>,
): Enqueuer {
  const stopping = new AbortController();
  const running = new Map<string, Running>();

  interface Running {
    readonly done: Promise<CreatedBatch>;
    readonly begun: Promise<void>;
  }

  function begin(id: string, list: StagedList, who: { who: string; address: string }): Running {
    const begun = Promise.withResolvers<void>();
    const create = async () => {
      const folder = await videos.folderOf(list.form);
      if (list.form !== null && folder !== null) await videos.keepFor(list.form, list.batch);
      return deps.operations.create({
        ...list,
        videos: folder,
        chunks: staged.read(id),
        onInvalid: () => undefined,
        onProgress: () => begun.resolve(),
        signal: stopping.signal,
      });
    };
    const done = create();
    const entry = { ...who, action: 'create', target: list.batch };
    void done
      .then(
        async (created) => {
          await audit.note({ ...entry, outcome: describe(created, stopping.signal.aborted) });
          if (stopping.signal.aborted) return;
          checks.forget(id);
          await staged.discard(id);
        },
        (error: unknown) =>
          audit.note({
            ...entry,
            outcome: `failed: ${error instanceof Error ? error.message : String(error)}`,
          }),
      )
      .finally(() => running.delete(id));
    return { done, begun: begun.promise };
  }

  return {
    async enqueue(id, list, who) {
      const { done, begun } = running.get(id) ?? begin(id, list, who);
      running.set(id, { done, begun });
      const late = sleep(momentMs)
        .then(() => begun)
        .then(() => null);
      const created = await Promise.race([done, late]).catch(refuse);
      if (created === null) return withNotice(batchPath(list.batch), 'create-runs');
      if (created.accepted + created.duplicates + created.alreadySaved === 0)
        throw new Refusal(422, 'This list has no link that the model accepts. No batch was created.');
      return withNotice(batchPath(created.batch), 'created', created.accepted);
    },
    async stop() {
      stopping.abort();
      await Promise.allSettled([...running.values()].map(({ done }) => done));
    },
  };
}

/** What is wrong with a name, a model or a list is shown with the message of the error. */
function refuse(error: unknown): never {
  if (error instanceof RequestError) throw new Refusal(422, error.message);
  throw error;
}

function describe({ accepted, duplicates, alreadySaved, invalid }: CreatedBatch, isCut: boolean): string {
  const counts = `${accepted} accepted, ${duplicates} duplicate, ${alreadySaved} already saved, ${invalid} invalid`;
  return isCut ? `${counts}; the server stopped before the end of the list` : counts;
}
