/** The headline of the overview, from its reading. Pure. */
import { type Headline, headlineOf, speedPer10s } from '../../shared/wording/situation-words.ts';
import type { Overview } from '../readings/overview.ts';
import { haltedLinks, overviewEtaMs, overviewSituation } from '../readings/situations.ts';

export function overviewHeadline(overview: Overview): Headline {
  const { rates, submitGate } = overview;
  const isKnown = rates !== null && submitGate !== null;
  return headlineOf({
    ...overview,
    halted: haltedLinks(overview),
    situation: overviewSituation(overview),
    etaMs: overviewEtaMs(overview),
    per10s: isKnown ? speedPer10s(rates.admittedPer10s, submitGate.limit) : null,
  });
}
