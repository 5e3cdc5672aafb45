/** The gates over time and in sentences: the limit, who set it, refusals, pauses in the vendor's words. Pure. */
import type { GateState } from '../../shared/gate-state/gate-state.ts';
import { type CallOutcome, type CallSummary, callOutcomes } from '../../shared/gate-state/vendor-calls.ts';
import type { Overview } from '../readings/overview.ts';
import type { VendorCallReading } from '../readings/vendor-calls.ts';
import { type Html, html } from './html.ts';
import { gateCard } from './overview-cards.ts';
import type { Fragments } from './overview-view.ts';
import { count, live, rate, since, until } from './parts.ts';

export function gateFragments(overview: Overview): Fragments {
  const { submitGate, queryGate, at, vendorCalls } = overview;
  return {
    answers: answers(vendorCalls),
    submit: html`${gateCard(submitGate, null, overview)}${story(submitGate, at)}`,
    query: html`${gateCard(queryGate, null, overview)}${story(queryGate, at)}`,
  };
}

export function gatePage(fragments: Fragments): Html {
  const part = (id: string) => live(id, fragments[id] ?? html``);
  return html`<h1>Gates</h1><p class="note">All workers share these gates in Redis and stay below the vendor’s limits together. The limits start from SUBMIT_LIMIT and QUERY_LIMIT and are learned.</p>
<div class="charts">
<section class="card"><h2>New tasks against the limit <span class="note">in 10 s</span></h2><div class="chart" data-chart="throughput" role="img" aria-label="Tasks submitted and videos saved in ten seconds against the limit"></div></section>
<section class="card"><h2>Time to the vendor’s first byte <span class="note">in ms</span></h2><div class="chart" data-chart="firstByte" role="img" aria-label="Time to the vendor’s first byte: median and 95th percentile"></div></section>
<section class="card"><h2>Failed calls <span class="note">in a minute</span></h2><div class="chart" data-chart="errors" role="img" aria-label="Calls that were throttled, halted, answered with a server error, or not answered, in a minute"></div></section>
</div>
<section class="card"><h2>How the vendor answers <span class="note">in the last minute</span></h2>${part('answers')}</section>
<div class="grid two"><section class="card"><h2>New tasks</h2>${part('submit')}</section><section class="card"><h2>Status checks</h2>${part('query')}</section></div>`;
}

const outcomeWords = {
  ok: 'Answered',
  throttled: 'Throttled',
  halted: 'Halted',
  'server-error': 'Server error',
  'no-answer': 'No answer',
} as const satisfies Record<CallOutcome, string>;

function answers({ minute: { submit, query } }: VendorCallReading): Html {
  const took = (ms: number | null) => (ms === null ? '–' : `${count(ms)} ms`);
  const row = (words: string, cell: (calls: CallSummary) => string) =>
    html`<tr><th scope="row">${words}</th><td class="number">${cell(submit)}</td><td class="number">${cell(query)}</td></tr>`;
  return html`<table><thead><tr><th scope="col">Calls</th><th scope="col" class="number">New tasks</th><th scope="col" class="number">Status checks</th></tr></thead><tbody>${callOutcomes.map((outcome) => row(outcomeWords[outcome], ({ outcomes }) => count(outcomes[outcome])))}
${row('First byte, median', ({ medianMs }) => took(medianMs))}${row('First byte, 95th percentile', ({ p95Ms }) => took(p95Ms))}</tbody></table>`;
}

/** What the learner has done and why, in sentences. */
function story(gate: GateState | null, at: number): Html | null {
  if (gate === null) return null;
  const sentences = [limitStory(gate), saidStory(gate), sharedStory(gate)];
  const pause =
    gate.pausedUntil !== null && gate.pausedUntil > at
      ? html`<p>Paused${gate.pausedSince === null ? null : html` for ${since(gate.pausedSince)}`}, opens ${until(gate.pausedUntil)}. ${gate.pauseMessage === null ? 'kie-batch paused by itself, after unusable answers.' : html`The vendor: <q>${gate.pauseMessage}</q>`}</p>`
      : null;
  return html`${pause}${sentences.filter((text) => text !== null).map((text) => html`<p>${text}</p>`)}`;
}

function limitStory({ limit, configured, rate: aim, refused }: GateState): string {
  const perSecond = (each: { max: number; windowMs: number }) => (each.max / each.windowMs) * 1000;
  const [now, given, top] = [perSecond(limit), perSecond(configured), perSecond(aim)];
  const words = `${rate(now)} a second`;
  if (Math.abs(now - given) < 1e-6)
    return `The limit is as configured, ${words}. ${refused === 0 ? 'The vendor has refused no calls.' : `The vendor has refused ${count(refused)} calls.`}`;
  if (now < given)
    return `The limit is ${words}, below the configured ${rate(given)}, because the vendor refused calls.${top > now ? ` It is raised again step by step, to ${rate(top)}.` : ' A higher limit is tried from time to time.'}`;
  return `The limit is ${words}, above the configured ${rate(given)}: the vendor accepted more.`;
}

function saidStory({ saidByServer }: GateState): string | null {
  return saidByServer === null ? null : `The vendor’s headers state a limit of ${count(saidByServer)}.`;
}

function sharedStory({ seemsShared }: GateState): string | null {
  return seemsShared
    ? 'Calls are refused below the limit; another client probably uses the same account.'
    : null;
}
