/**
 * The one sentence to read when there is time for one: what is running, how fast, until when, or what stops it.
 * Pure.
 */
import type { GateState } from '../../shared/gate-state/gate-state.ts';
import { type VendorPause, vendorPauseOf } from '../../shared/gate-state/vendor-pause.ts';
import { stages } from '../../shared/jobs/catalogue.ts';
import { unfinished } from '../../shared/ledger/batch.ts';
import type { Overview } from '../readings/overview.ts';
import { etaMs } from '../readings/rates.ts';
import { count, rate, roughly } from './parts.ts';

export interface Situation {
  readonly tone: 'good' | 'bad' | 'warn' | 'idle';
  readonly words: string;
}

export function situation(overview: Overview): Situation {
  const { counts, halts, workers, submitGate, queryGate, rates, isPaused, at } = overview;
  const left = unfinished(counts);
  const toGo = `${count(left)} ${left === 1 ? 'link' : 'links'} to go`;
  const alive = workers.filter(({ isAlive }) => isAlive);
  const unmanned = stages.filter((stage) => !alive.some((worker) => worker.stages.includes(stage)));
  if (halts.length > 0) {
    const reasons = halts.map(({ reason }) => reason).join(', ');
    const unwatched = alive.length > 0 ? '' : ' No worker is alive to notice when it ends.';
    return { tone: 'bad', words: `Stopped by ${reasons}: ${toGo}, none of them lost.${unwatched}` };
  }
  if (isPaused) return { tone: 'warn', words: `Paused by a person: ${toGo}.` };
  if (left === 0) return rest(counts);
  if (alive.length === 0)
    return {
      tone: 'bad',
      words: `Nobody is working: ${toGo}, and no worker is alive. Start one with kie-batch worker.`,
    };
  if (unmanned.length > 0)
    return { tone: 'bad', words: `No living worker has the stage ${unmanned.join(' or ')}: ${toGo}.` };
  const pause = vendorPauseOf([submitGate, queryGate], at);
  const eta = etaMs(left, rates, submitGate, pause === null ? 0 : pause.until - at);
  const when = eta === null ? '' : `, done in ${roughly(eta)}`;
  if (pause !== null) return { tone: 'warn', words: `${pauseWords(pause, at)} ${toGo}${when}.` };
  const speed =
    rates === null || submitGate === null
      ? 'Running'
      : `Running at ${speedWords(rates.admittedPer10s, submitGate)} new tasks per 10 s`;
  return { tone: 'good', words: `${speed}: ${toGo}${when}.` };
}

function pauseWords({ operation, until, message }: VendorPause, at: number): string {
  const why = message === null ? '' : `: “${message}”`;
  const what = operation === 'submit' ? 'New tasks are' : 'Status checks are';
  const end = new Date(until).toISOString().slice(0, 16).replace('T', ' ');
  return `The vendor asked for a pause${why}. ${what} paused until ${end} UTC (${roughly(until - at)}); kie-batch resume --reset-gate ends it now.`;
}

function rest({ saved, failed, held }: Overview['counts']): Situation {
  if (saved + failed + held === 0)
    return {
      tone: 'idle',
      words: 'Nothing to do yet. Put links in with New batch, or kie-batch run links.txt.',
    };
  const troubles = [
    failed > 0 && `${count(failed)} failed`,
    held > 0 && `${count(held)} held for a person`,
  ].filter(Boolean);
  const words = `Nothing waits: ${[`${count(saved)} saved`, ...troubles].join(', ')}.`;
  return { tone: troubles.length > 0 ? 'warn' : 'good', words };
}

/** Samples and windows do not begin together, so what was measured can seem to be above the limit: it never is. */
function speedWords(measured: number, { limit }: GateState): string {
  const most = Math.round((limit.max / limit.windowMs) * 100_000) / 10;
  return `${rate(Math.min(measured, most))} of ${most}`;
}
