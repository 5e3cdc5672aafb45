/**
 * Checks of staged lists: each runs once in the background, in chunks between which other requests are served, and all
 * viewers see its progress. After a restart a check begins again when its page is opened.
 */
import type { CheckedRow, InvalidEntry, Operations } from '../server-deps.ts';
import type { StagedList, StagedLists } from './staged-lists.ts';
import type { UploadedVideos } from './uploaded-videos.ts';

export interface ListCheckState {
  readonly isDone: boolean;
  /** What is wrong with the list or the choices as a whole; null for nothing. */
  readonly problem: string | null;
  readonly counts: Readonly<Record<'new' | 'saved' | 'known' | 'repeated' | 'invalid', number>>;
  /** The first ones. */
  readonly rows: readonly CheckedRow[];
  readonly invalid: readonly InvalidEntry[];
  /** Which columns give inputs; null without columns. */
  readonly columns: string | null;
  /** By the definition's price; null if unknown before the first task. */
  readonly credits: number | null;
}

export interface ListChecks {
  of(id: string, staged: StagedList): ListCheckState;
  forget(id: string): void;
  stop(): void;
}

const rowsShown = 20;
const invalidShown = 100;
const mostRemembered = 100;

export function createListChecks(
  staged: StagedLists,
  operations: Operations,
  videos: UploadedVideos,
  onError: (error: unknown) => void,
): ListChecks {
  const stopping = new AbortController();
  const running = new Map<string, ListCheckState>();

  function begin(id: string, list: StagedList): ListCheckState {
    const state = {
      isDone: false,
      problem: null as string | null,
      counts: { new: 0, saved: 0, known: 0, repeated: 0, invalid: 0 },
      rows: [] as CheckedRow[],
      invalid: [] as InvalidEntry[],
      columns: null as string | null,
      credits: 0 as number | null,
    };
    const listener = {
      onRow(row: CheckedRow) {
        state.counts[row.what] += 1;
        if (state.rows.length < rowsShown) state.rows.push(row);
      },
      onInvalid(entry: InvalidEntry) {
        state.counts.invalid += 1;
        if (state.invalid.length < invalidShown) state.invalid.push(entry);
      },
      onColumns: (text: string) => {
        state.columns = text;
      },
      signal: stopping.signal,
    };
    videos
      .folderOf(list.form)
      .then((folder) => operations.check({ ...list, videos: folder, chunks: staged.read(id) }, listener))
      .then(
        ({ credits }) => Object.assign(state, { credits, isDone: true }),
        (error: unknown) => {
          const isTheirs = error instanceof Error && 'code' in error && typeof error.code === 'string';
          if (!isTheirs) onError(error);
          const problem = isTheirs ? error.message : 'The check failed. See the log, and check again.';
          Object.assign(state, { problem, isDone: true });
        },
      );
    return state;
  }

  return {
    of(id, list) {
      const known = running.get(id);
      if (known !== undefined) return known;
      const state = begin(id, list);
      const [oldest] = running.keys();
      if (running.size >= mostRemembered && oldest !== undefined) running.delete(oldest);
      running.set(id, state);
      return state;
    },
    forget: (id) => void running.delete(id),
    stop: () => stopping.abort(),
  };
}
