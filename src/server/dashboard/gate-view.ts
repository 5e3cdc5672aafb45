/** The gates over time and in sentences: the limit, who set it, refusals, pauses in the vendor's words. Pure. */
import type { GateState } from '../../shared/gate-state/gate-state.ts';
import type { Overview } from '../readings/overview.ts';
import { type Html, html } from './html.ts';
import { gateCard } from './overview-cards.ts';
import type { Fragments } from './overview-view.ts';
import { count, live, rate, since, until } from './parts.ts';

export function gateFragments(overview: Overview): Fragments {
  const { submitGate, queryGate, at } = overview;
  return {
    submit: html`${gateCard(submitGate, null, overview)}${story(submitGate, at)}`,
    query: html`${gateCard(queryGate, null, overview)}${story(queryGate, at)}`,
  };
}

export function gatePage(fragments: Fragments): Html {
  const part = (id: string) => live(id, fragments[id] ?? html``);
  return html`<h1>Gates</h1><p class="note">All workers ask one gate in Redis before each request, so that they stay below the vendor’s limit together. The limit starts from SUBMIT_LIMIT and QUERY_LIMIT and is learned.</p>
<div class="charts">
<section class="card"><h2>New tasks against the limit <span class="note">in 10 s</span></h2><div class="chart" data-chart="throughput" role="img" aria-label="Tasks submitted and videos saved in ten seconds against the limit"></div></section>
<section class="card"><h2>Refused by the vendor <span class="note">in 10 s</span></h2><div class="chart" data-chart="refusals" role="img" aria-label="Create calls that the vendor refused in ten seconds"></div></section>
</div>
<div class="grid two"><section class="card"><h2>New tasks</h2>${part('submit')}</section><section class="card"><h2>Status checks</h2>${part('query')}</section></div>`;
}

/** What the learner has done and why, in sentences. */
function story(gate: GateState | null, at: number): Html | null {
  if (gate === null) return null;
  const sentences = [limitStory(gate), saidStory(gate), sharedStory(gate)];
  const pause =
    gate.pausedUntil !== null && gate.pausedUntil > at
      ? html`<p>Paused${gate.pausedSince === null ? null : html` for ${since(gate.pausedSince)}`}, opens ${until(gate.pausedUntil)}. ${gate.pauseMessage === null ? 'The pause is our own, after answers that were of no use.' : html`The vendor: <q>${gate.pauseMessage}</q>`}</p>`
      : null;
  return html`${pause}${sentences.filter((text) => text !== null).map((text) => html`<p>${text}</p>`)}`;
}

function limitStory({ limit, configured, rate: aim, refused }: GateState): string {
  const perSecond = (each: { max: number; windowMs: number }) => (each.max / each.windowMs) * 1000;
  const [now, given, top] = [perSecond(limit), perSecond(configured), perSecond(aim)];
  const words = `${rate(now)} a second`;
  if (Math.abs(now - given) < 1e-6)
    return `The limit is as configured, ${words}. ${refused === 0 ? 'The vendor has refused nothing.' : `The vendor has refused ${count(refused)} calls.`}`;
  if (now < given)
    return `The limit is ${words}, below the configured ${rate(given)}, because the vendor refused calls.${top > now ? ` It rises again, one by one, to ${rate(top)}.` : ' It is tried higher from time to time.'}`;
  return `The limit is ${words}, above the configured ${rate(given)}: the vendor accepted more when it was tried.`;
}

function saidStory({ saidByServer }: GateState): string | null {
  return saidByServer === null ? null : `The vendor’s headers name a limit of ${count(saidByServer)}.`;
}

function sharedStory({ seemsShared }: GateState): string | null {
  return seemsShared
    ? 'Calls are refused below the limit: another client seems to use the same account.'
    : null;
}
