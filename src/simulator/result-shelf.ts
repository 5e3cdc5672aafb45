/**
 * Which result URLs exist and what is behind them: each look at a task's record hands out fresh, temporary
 * ones; one URL can be made to expire early; the file of a result can be replaced by another.
 */
import type { ResultFile, ResultFiles } from './result-file.ts';
import { stateOf, type Task } from './task.ts';

export interface ResultAddress {
  readonly taskId: string;
  readonly index: number;
  readonly expiresAtMs: number;
  readonly token: string;
}

export interface ResultShelf {
  /** Fresh URLs of all results of the task. */
  issueUrls(task: Task, expiresAtMs: number): string[];
  /** A fresh URL of one result, under the given scheme and host. */
  reissue(address: Pick<ResultAddress, 'taskId' | 'index'>, origin: string, expiresAtMs: number): string;
  /** The address in a URL path and query; undefined when it is none of ours. */
  parse(url: URL): ResultAddress | undefined;
  isExpired(address: ResultAddress, nowMs: number): boolean;
  expire(address: ResultAddress): void;
  /** The file, once the task has ended well. */
  find(address: Pick<ResultAddress, 'taskId' | 'index'>, nowMs: number): ResultFile | undefined;
  /** Puts another file in its place. */
  replace(address: ResultAddress): void;
}

export function createResultShelf(tasks: ReadonlyMap<string, Task>, files: ResultFiles): ResultShelf {
  const expired = new Set<string>();
  const versions = new Map<string, number>();
  let issued = 0;

  function issue(taskId: string, index: number, origin: string, expiresAtMs: number): string {
    issued += 1;
    return `${origin}/results/${taskId}/${index}.mp4?expires=${Math.round(expiresAtMs)}&token=${issued}`;
  }

  return {
    issueUrls: ({ id, resultCount, origin }, expiresAtMs) =>
      Array.from({ length: resultCount }, (_, index) => issue(id, index, origin, expiresAtMs)),
    reissue: ({ taskId, index }, origin, expiresAtMs) => issue(taskId, index, origin, expiresAtMs),
    parse({ pathname, searchParams }) {
      const [, taskId, index] = /^\/results\/([\w.-]+)\/(\d{1,3})\.mp4$/.exec(pathname) ?? [];
      if (taskId === undefined) return undefined;
      const expiresAtMs = Number(searchParams.get('expires'));
      return { taskId, index: Number(index), expiresAtMs, token: searchParams.get('token') ?? '' };
    },
    isExpired: ({ expiresAtMs, token }, nowMs) => nowMs >= expiresAtMs || expired.has(token),
    expire: ({ token }) => expired.add(token),
    find({ taskId, index }, nowMs) {
      const task = tasks.get(taskId);
      if (!task || index >= task.resultCount || stateOf(task, nowMs) !== 'success') return undefined;
      const version = versions.get(`${taskId}/${index}`) ?? 0;
      return files({ taskId, index, version, leastBytes: task.resultSizeBytes });
    },
    replace({ taskId, index }) {
      const key = `${taskId}/${index}`;
      versions.set(key, (versions.get(key) ?? 0) + 1);
    },
  };
}
