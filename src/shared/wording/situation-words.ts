/**
 * The situation in words, the same on the command line and on the dashboard: why links do or do not move, and the one
 * sentence to read when there is time for one: what is running, how fast, until when, or what stops it. Pure.
 */
import type { Situation, SituationFacts } from '../gate-state/situation.ts';
import type { VendorPause } from '../gate-state/vendor-pause.ts';
import { type StateCounts, unfinished } from '../ledger/batch.ts';
import { formatCount, formatRate, plural, roughly } from './format.ts';

export type Tone = 'good' | 'bad' | 'warn' | 'idle';

export interface Headline {
  readonly tone: Tone;
  readonly message: string;
}

export interface HeadlineFacts extends Pick<SituationFacts, 'counts' | 'runnable'> {
  /** Waiting links of models that are halted while others move. */
  readonly halted: number;
  readonly situation: Situation;
  /** Null if unknown. */
  readonly etaMs: number | null;
  /** As "18.2 of 20"; null where it is not known. */
  readonly per10s: string | null;
  /** Redis's time. */
  readonly at: number;
}

export function headlineOf(facts: HeadlineFacts): Headline {
  const { situation, counts, runnable, halted } = facts;
  if (situation.kind === 'empty')
    return {
      tone: 'idle',
      message: 'Nothing to do yet. Add links with New batch, or kie-batch run links.txt.',
    };
  if (situation.kind === 'ended') return atRest(counts);
  const isMoving = situation.kind === 'running' || situation.kind === 'vendor-pause';
  const paused = isMoving ? counts.queued - runnable : 0;
  const toGo = `${plural(unfinished(counts) - paused - halted, 'link')} to go`;
  const beside = [
    halted > 0 ? ` ${plural(halted, 'link')} ${halted === 1 ? 'waits' : 'wait'} for a halted model.` : '',
    paused > 0 ? ` ${plural(paused, 'link')} in paused batches.` : '',
  ].join('');
  const { tone, message } = whyOf(facts, toGo);
  return { tone, message: `${message}${beside}${heldWords(counts)}` };
}

function whyOf({ situation, counts, etaMs, per10s, at }: HeadlineFacts, toGo: string): Headline {
  const { tone, why } = explain(situation, at);
  if (situation.kind !== 'running') return { tone, message: `${why} ${toGo}${collecting(counts)}.` };
  const when = etaMs === null ? '' : `, done in ${roughly(etaMs)}`;
  const speed = per10s === null ? 'Running' : `Running at ${per10s} new tasks per 10 s`;
  return { tone, message: `${speed}: ${toGo}${when}.` };
}

/**
 * Why links do not move, in sentences; the same for the whole, a batch and a link.
 * @param batch the batch that is meant; without one all are
 */
export function explain(situation: Situation, at: number, batch?: string): { tone: Tone; why: string } {
  switch (situation.kind) {
    case 'empty':
      return { tone: 'idle', why: 'There are no links.' };
    case 'ended':
      return { tone: 'good', why: 'Ended.' };
    case 'halted': {
      const unwatched = situation.isWatched ? '' : ' No worker is running to notice when it ends.';
      return { tone: 'bad', why: `Stopped by ${situation.reasons.join(', ')}.${unwatched}` };
    }
    case 'all-paused':
      return { tone: 'warn', why: 'Everything was paused by a person. Resume with kie-batch resume.' };
    case 'batch-paused':
      return {
        tone: 'warn',
        why:
          batch === undefined
            ? 'All waiting links are in paused batches.'
            : `Batch ${batch} is paused. Resume it with kie-batch resume ${batch}.`,
      };
    case 'queue-paused':
      return {
        tone: 'warn',
        why: `The queue ${situation.queues.join(' and ')} is paused on the Queues page. Resume it there.`,
      };
    case 'no-worker':
      return {
        tone: 'bad',
        why: situation.isNobody
          ? 'No worker is running. Start one with kie-batch worker.'
          : `No running worker has the stage ${situation.stages.join(' or ')}.`,
      };
    case 'vendor-outage':
      return {
        tone: 'bad',
        why: 'The vendor gives no usable answers. kie-batch retries one request at a time.',
      };
    case 'vendor-pause':
      return { tone: 'warn', why: pauseWords(situation.pause, at) };
    case 'running':
      return { tone: 'good', why: 'Running.' };
    default:
      return situation satisfies never;
  }
}

function collecting({ processing, downloading, queued, submitting }: StateCounts): string {
  const paid = processing + downloading;
  return paid > 0 && queued + submitting > 0 ? `, ${formatCount(paid)} of them paid and being collected` : '';
}

function pauseWords({ operation, until, message }: VendorPause, at: number): string {
  const why = message === null ? '' : `: “${message}”`;
  const what = operation === 'submit' ? 'New tasks are' : 'Status checks are';
  const end = new Date(until).toISOString().slice(0, 16).replace('T', ' ');
  return `The vendor asked for a pause${why}. ${what} paused until ${end} UTC (${roughly(until - at)}); kie-batch resume --reset-gate ends it now.`;
}

function atRest({ saved, failed, held }: StateCounts): Headline {
  const troubles = [
    failed > 0 && `${formatCount(failed)} failed`,
    held > 0 && `${formatCount(held)} held for your decision`,
  ];
  const list = [`${formatCount(saved)} saved`, ...troubles.filter((text) => text !== false)];
  const isWell = failed + held === 0;
  return { tone: isWell ? 'good' : 'warn', message: `Finished: ${list.join(', ')}.` };
}

function heldWords({ held }: StateCounts): string {
  return held === 0 ? '' : ` ${plural(held, 'link')} ${held === 1 ? 'waits' : 'wait'} for your decision.`;
}

/** Samples and windows do not begin together, so what was measured can seem to be above the limit: it never is. */
export function speedPer10s(
  measured: number,
  limit: { readonly max: number; readonly windowMs: number },
): string {
  const most = Math.round((limit.max / limit.windowMs) * 100_000) / 10;
  return `${formatRate(Math.min(measured, most))} of ${most}`;
}
