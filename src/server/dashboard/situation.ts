/**
 * The one sentence to read when there is time for one: what is running, how fast, until when, or what stops it. Pure.
 */
import type { GateState } from '../../shared/gate-state/gate-state.ts';
import type { Situation } from '../../shared/gate-state/situation.ts';
import type { VendorPause } from '../../shared/gate-state/vendor-pause.ts';
import { type StateCounts, unfinished } from '../../shared/ledger/batch.ts';
import type { Overview } from '../readings/overview.ts';
import { overviewEtaMs, overviewSituation } from '../readings/situations.ts';
import { count, rate, roughly } from './parts.ts';

export interface Headline {
  readonly tone: 'good' | 'bad' | 'warn' | 'idle';
  readonly words: string;
}

export function headlineOf(overview: Overview): Headline {
  const situation = overviewSituation(overview);
  if (situation.kind === 'empty')
    return {
      tone: 'idle',
      words: 'Nothing to do yet. Add links with New batch, or kie-batch run links.txt.',
    };
  if (situation.kind === 'ended') return atRest(overview.counts);
  const { counts, runnable } = overview;
  const left = unfinished(counts);
  const moving = { ...counts, queued: runnable };
  const isMoving = situation.kind === 'running' || situation.kind === 'vendor-pause';
  const paused = isMoving ? counts.queued - runnable : 0;
  const toGo = `${links(isMoving ? unfinished(moving) : left)} to go`;
  const beside = paused > 0 ? ` ${links(paused)} in paused batches.` : '';
  return withEnd(whyOf(situation, overview, toGo), beside + heldWords(counts));
}

function withEnd({ tone, words }: Headline, end: string): Headline {
  return { tone, words: `${words}${end}` };
}

function whyOf(situation: Situation, overview: Overview, toGo: string): Headline {
  const { tone, why } = explain(situation, overview.at);
  if (situation.kind !== 'running' && situation.kind !== 'vendor-pause')
    return { tone, words: `${why} ${toGo}${collecting(overview.counts)}.` };
  const eta = overviewEtaMs(overview, overview.typicalMs);
  const when = eta === null ? '' : `, done in ${roughly(eta)}`;
  if (situation.kind === 'vendor-pause') return { tone, words: `${why} ${toGo}${when}.` };
  const { rates, submitGate } = overview;
  const speed =
    rates === null || submitGate === null
      ? 'Running'
      : `Running at ${speedWords(rates.admittedPer10s, submitGate)} new tasks per 10 s`;
  return { tone, words: `${speed}: ${toGo}${when}.` };
}

/** Why links do not move, in a sentence or with a colon at its end; the same for the whole, a batch and a link. */
export function explain(situation: Situation, at: number): { tone: Headline['tone']; why: string } {
  switch (situation.kind) {
    case 'empty':
      return { tone: 'idle', why: 'There are no links.' };
    case 'ended':
      return { tone: 'good', why: 'Ended.' };
    case 'halted': {
      const unwatched = situation.isWatched ? '' : ' No worker is alive to notice when it ends.';
      return { tone: 'bad', why: `Stopped by ${situation.reasons.join(', ')}.${unwatched}` };
    }
    case 'all-paused':
      return { tone: 'warn', why: 'Everything is paused by a person.' };
    case 'batch-paused':
      return { tone: 'warn', why: 'All waiting links are in paused batches.' };
    case 'queue-paused':
      return {
        tone: 'warn',
        why: `The queue ${situation.queues.join(' and ')} is paused on the Queues page. Resume it there.`,
      };
    case 'no-worker':
      return {
        tone: 'bad',
        why: situation.isNobody
          ? 'No worker is alive. Start one with kie-batch worker.'
          : `No living worker has the stage ${situation.stages.join(' or ')}.`,
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
  return paid > 0 && queued + submitting > 0 ? `, ${count(paid)} of them paid and being collected` : '';
}

function links(number: number): string {
  return `${count(number)} ${number === 1 ? 'link' : 'links'}`;
}

function pauseWords({ operation, until, message }: VendorPause, at: number): string {
  const why = message === null ? '' : `: “${message}”`;
  const what = operation === 'submit' ? 'New tasks are' : 'Status checks are';
  const end = new Date(until).toISOString().slice(0, 16).replace('T', ' ');
  return `The vendor asked for a pause${why}. ${what} paused until ${end} UTC (${roughly(until - at)}); kie-batch resume --reset-gate ends it now.`;
}

function atRest({ saved, failed, held }: StateCounts): Headline {
  const troubles = [
    failed > 0 && `${count(failed)} failed`,
    held > 0 && `${count(held)} held for your decision`,
  ];
  const list = [`${count(saved)} saved`, ...troubles.filter((text) => text !== false)];
  const isWell = failed + held === 0;
  return { tone: isWell ? 'good' : 'warn', words: `Nothing waits: ${list.join(', ')}.` };
}

function heldWords({ held }: StateCounts): string {
  return held === 0 ? '' : ` ${links(held)} ${held === 1 ? 'waits' : 'wait'} for your decision.`;
}

/** Samples and windows do not begin together, so what was measured can seem to be above the limit: it never is. */
function speedWords(measured: number, { limit }: GateState): string {
  const most = Math.round((limit.max / limit.windowMs) * 100_000) / 10;
  return `${rate(Math.min(measured, most))} of ${most}`;
}
