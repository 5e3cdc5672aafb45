/**
 * Which result URLs exist, and their files. Reading a task's record gives the same temporary URLs each time, or new
 * ones on request; a URL can be made to expire early, links can be minted, and the file of a result can be replaced by
 * another.
 */
import { mediaKinds } from '../shared/media/media-kind.ts';
import type { FaultAt } from './faults.ts';
import type { Mp4Flaw, ResultFile, ResultFiles } from './result-file.ts';
import { stateOf, type Task } from './task.ts';

export interface ResultAddress {
  readonly taskId: string;
  readonly index: number;
  readonly expiresAtMs: number;
  readonly token: string;
}

export interface ResultShelf {
  /** URLs of all results of the task, as its record gives them. */
  urlsOf(task: Task, how: IssueRules): string[];
  /** Another URL of one result, under the given scheme and host. */
  mint(address: Pick<ResultAddress, 'taskId' | 'index'>, origin: string, expiresAtMs: number): string;
  /** The address in a URL path and query; undefined when it is none of ours. */
  parse(url: URL): ResultAddress | undefined;
  isExpired(address: ResultAddress, nowMs: number): boolean;
  expire(address: ResultAddress): void;
  /** The file, once the task has ended well. */
  find(address: Pick<ResultAddress, 'taskId' | 'index'>, nowMs: number): ResultFile | undefined;
  /** The file and those that were behind its URL before, the oldest first. */
  versionsOf(address: Pick<ResultAddress, 'taskId' | 'index'>, nowMs: number): ResultFile[];
  /** Puts another file in its place. */
  replace(address: ResultAddress): void;
}

interface IssueRules {
  readonly expiresAtMs: number;
  /** The first URLs of the task are dead from the start. */
  readonly firstIsDead: boolean;
  /** Each reading of the record gives other URLs. */
  readonly fresh: boolean;
}

const flawOf: Partial<Record<FaultAt<'task'>, Mp4Flaw>> = {
  'task-empty-mdat': 'empty-mdat',
  'task-samples-beyond': 'samples-beyond-the-end',
  'task-padded-result': 'zero-padding',
};

export function createResultShelf(tasks: ReadonlyMap<string, Task>, files: ResultFiles): ResultShelf {
  const expired = new Set<string>();
  const versions = new Map<string, number>();
  const recorded = new Map<string, string[]>();
  let issued = 0;

  function issue(taskId: string, index: number, origin: string, expiresAtMs: number): string {
    issued += 1;
    const { ending } = mediaKinds[tasks.get(taskId)?.resultKinds[index] ?? 'mp4'];
    return `${origin}/results/${taskId}/${index}${ending}?expires=${Math.round(expiresAtMs)}&token=${issued}`;
  }

  function issueAll({ id, resultKinds, origin }: Task, expiresAtMs: number): string[] {
    return resultKinds.map((_, index) => issue(id, index, origin, expiresAtMs));
  }

  function versionOf({ taskId, index }: Pick<ResultAddress, 'taskId' | 'index'>): number {
    return versions.get(`${taskId}/${index}`) ?? 0;
  }

  function fileOf(
    { taskId, index }: Pick<ResultAddress, 'taskId' | 'index'>,
    version: number,
    nowMs: number,
  ): ResultFile | undefined {
    const task = tasks.get(taskId);
    const kind = task?.resultKinds[index];
    if (!task || kind === undefined || stateOf(task, nowMs) !== 'success') return undefined;
    const flaw = task.fault === undefined ? undefined : flawOf[task.fault];
    return files({ taskId, index, version, leastBytes: task.resultSizeBytes, kind, flaw });
  }

  return {
    urlsOf(task, { expiresAtMs, firstIsDead, fresh }) {
      const known = recorded.get(task.id);
      if (known !== undefined) return fresh ? issueAll(task, expiresAtMs) : known;
      const urls = issueAll(task, firstIsDead ? 0 : expiresAtMs);
      recorded.set(task.id, urls);
      return urls;
    },
    mint: ({ taskId, index }, origin, expiresAtMs) => issue(taskId, index, origin, expiresAtMs),
    parse({ pathname, searchParams }) {
      const [, taskId, index] = /^\/results\/([\w.-]+)\/(\d{1,3})\.\w+$/.exec(pathname) ?? [];
      if (taskId === undefined) return undefined;
      const expiresAtMs = Number(searchParams.get('expires'));
      return { taskId, index: Number(index), expiresAtMs, token: searchParams.get('token') ?? '' };
    },
    isExpired: ({ expiresAtMs, token }, nowMs) => nowMs >= expiresAtMs || expired.has(token),
    expire: ({ token }) => expired.add(token),
    find: (address, nowMs) => fileOf(address, versionOf(address), nowMs),
    versionsOf: (address, nowMs) =>
      Array.from({ length: versionOf(address) + 1 }, (_, version) => fileOf(address, version, nowMs)).filter(
        (file) => file !== undefined,
      ),
    replace(address) {
      versions.set(`${address.taskId}/${address.index}`, versionOf(address) + 1);
    },
  };
}
