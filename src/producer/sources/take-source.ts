/**
 * One run over a source: every new list is read, its new links become items of a batch, and the list is remembered. The
 * order ensures that an interrupted run neither loses nor repeats a link: first the ledger, then the memory of the
 * links, then the mark of the list, then the list is put away.
 */
import type { Ledger } from '../../shared/ledger/ledger.ts';
import type { EnqueuedChunk, LedgerLink } from '../../shared/ledger/take-links.ts';
import type { Inputs } from '../../shared/models/input-spec.ts';
import type { ModelDefinition } from '../../shared/models/model-definition.ts';
import { InputError } from '../../shared/models/resolve-inputs.ts';
import { type EnqueueCounts, enqueueLists, type InvalidLine } from '../enqueue-lists.ts';
import type { KeptColumns } from '../kept-row.ts';
import { ListError } from '../lists/list-error.ts';
import type { Finding, Marks, NewList, Source } from './source.ts';
import type { SourceMemory } from './source-memory.ts';

export interface TakeRequest {
  readonly source: Source;
  readonly batch: string;
  readonly model: ModelDefinition;
  /** For all links. */
  readonly inputs?: Inputs;
  readonly column?: string | undefined;
  /** Columns of the lists that are carried along. */
  readonly keep?: KeptColumns;
  /** Enqueue all links of the lists, seen or not, which pays for them again. */
  readonly force: boolean;
}

export interface TakeDeps {
  readonly ledger: Ledger;
  readonly memory: SourceMemory;
  /** Creates or joins the batch; called before its first link, so a run without links creates no batch. */
  openBatch(): Promise<void>;
  readonly onInvalid: (line: InvalidLine) => void;
  readonly onUnusableList?: (message: string) => void;
  readonly onColumns?: (text: string) => void;
  readonly onProgress: (linksRead: number) => void;
  readonly signal: AbortSignal;
}

export interface Taken {
  readonly counts: EnqueueCounts;
  /** Lists that were read. */
  readonly lists: number;
  readonly unchanged: number;
  /** Lists that are still being written. */
  readonly unfinished: number;
  readonly problems: readonly { readonly list: string; readonly problem: string }[];
  /** The signal ended it; the next run continues. */
  readonly interrupted: boolean;
}

/** @throws SourceError if the source as a whole cannot be read */
export async function takeSource(request: TakeRequest, deps: TakeDeps): Promise<Taken> {
  const { signal } = deps;
  const marks = await deps.memory.marks();
  const since = await deps.ledger.now();
  const seenKeys = new Set<string>();
  const memory: SourceMemory = {
    ...deps.memory,
    async keepMark(key, mark) {
      seenKeys.add(key);
      await deps.memory.keepMark(key, mark);
    },
  };
  const problems: { list: string; problem: string }[] = [];
  let counts = noCounts;
  const lists = { list: 0, unchanged: 0, unfinished: 0, failed: 0 };
  try {
    for await (const finding of request.source.look(request.force ? new Map() : marks, signal)) {
      if (signal.aborted) break;
      lists[finding.found] += 1;
      seenKeys.add(finding.key);
      if (finding.found === 'list') {
        counts = sum(
          counts,
          await takeList(finding, request, { ...deps, memory }, since, counts.total, problems),
        );
      } else await settle(finding, memory, marks, problems);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (!signal.aborted) await memory.dropMarks([...marks.keys()].filter((key) => !seenKeys.has(key)));
  return {
    counts,
    lists: lists.list,
    unchanged: lists.unchanged,
    unfinished: lists.unfinished,
    problems,
    interrupted: signal.aborted,
  };
}

async function takeList(
  finding: NewList,
  request: TakeRequest,
  deps: TakeDeps,
  since: number,
  readBefore: number,
  problems: { list: string; problem: string }[],
): Promise<EnqueueCounts> {
  try {
    const counts = await enqueueLists(
      {
        ...request,
        sources: [finding.list],
        list: { column: request.column, format: finding.format },
        since,
      },
      {
        ledger: onlyNewLinks(request, deps),
        onInvalid: deps.onInvalid,
        ...(deps.onUnusableList === undefined ? {} : { onUnusableList: deps.onUnusableList }),
        ...(deps.onColumns === undefined ? {} : { onColumns: deps.onColumns }),
        onProgress: ({ total }) => deps.onProgress(readBefore + total),
        signal: deps.signal,
      },
    );
    if (deps.signal.aborted) return counts;
    const mark = await finding.mark();
    if (mark === null) return counts;
    await deps.memory.keepMark(finding.key, mark);
    await finding.putAway?.((key) => deps.memory.keepMark(key, mark));
    return counts;
  } catch (error) {
    if (!(error instanceof ListError) && !(error instanceof InputError)) throw error;
    problems.push({ list: finding.name, problem: error.message });
    return noCounts;
  }
}

async function settle(
  finding: Exclude<Finding, NewList>,
  memory: SourceMemory,
  marks: Marks,
  problems: { list: string; problem: string }[],
): Promise<void> {
  switch (finding.found) {
    case 'unchanged': {
      const mark = finding.newMark ?? marks.get(finding.key) ?? '';
      if (finding.newMark !== undefined) await memory.keepMark(finding.key, mark);
      await finding.putAway?.((key) => memory.keepMark(key, mark));
      return;
    }
    case 'failed':
      problems.push({ list: finding.name, problem: finding.problem });
      return;
    case 'unfinished':
      return;
    default:
      finding satisfies never;
  }
}

/** The ledger as the reading of lists sees it: links that are not new are answered without asking it. */
function onlyNewLinks({ force }: TakeRequest, { ledger, memory, openBatch }: TakeDeps): Ledger {
  let opened: Promise<void> | undefined;
  return {
    ...ledger,
    async enqueue(batch, links, options) {
      const areNew = force ? links.map(() => true) : await memory.areNew(links);
      const news = links.filter((_, index) => areNew[index]);
      if (news.length === 0) return nothingNew(links);
      opened ??= openBatch();
      await opened;
      const chunk = await ledger.enqueue(batch, news, options);
      await memory.remember(news);
      const answers = chunk.answers.values();
      return { ...chunk, answers: areNew.map((isNew) => (isNew && answers.next().value) || 'duplicate') };
    },
  };
}

function nothingNew(links: readonly LedgerLink[]): EnqueuedChunk {
  return { at: 0, answers: links.map(() => 'duplicate'), savedChange: 0 };
}

const noCounts: EnqueueCounts = {
  total: 0,
  accepted: 0,
  duplicates: 0,
  alreadySaved: 0,
  invalid: 0,
  savedChange: 0,
};

function sum(a: EnqueueCounts, b: EnqueueCounts): EnqueueCounts {
  return {
    total: a.total + b.total,
    accepted: a.accepted + b.accepted,
    duplicates: a.duplicates + b.duplicates,
    alreadySaved: a.alreadySaved + b.alreadySaved,
    invalid: a.invalid + b.invalid,
    savedChange: a.savedChange + b.savedChange,
  };
}
