/** The headline of the overview, from its reading. Pure. */
import { haltedLinks, situationOfWork, workEtaMs } from '../../shared/gate-state/outlook.ts';
import { type Headline, headlineOf, speedPer10s } from '../../shared/wording/situation-words.ts';
import type { Overview } from './overview.ts';

export function overviewHeadline(overview: Overview): Headline {
  const { rates, submitGate } = overview;
  const isKnown = rates !== null && submitGate !== null;
  return headlineOf({
    ...overview,
    halted: haltedLinks(overview),
    situation: situationOfWork(overview),
    etaMs: workEtaMs(overview),
    per10s: isKnown ? speedPer10s(rates.admittedPer10s, submitGate.limit) : null,
  });
}
