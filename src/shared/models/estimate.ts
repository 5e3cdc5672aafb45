/**
 * The expected cost of a batch compared with the available credits, as text for the question before the start. Pure;
 * used by `run` and `enqueue`. It is an estimate: the real cost comes from the vendor's records.
 */

export interface EstimateRequest {
  /** Links that need a task: saved ones are not paid again and do not count. */
  links: number;
  /** Null if unknown before the first task. */
  creditsPerTask: number | null;
  /** The vendor's balance; null when it could not be read. */
  balance: number | null;
  /** The user's own bound, `--max-credits`; null without one. */
  maxCredits?: number | null;
}

/** What tasks are expected to cost, and what that rests on. */
export type CostForecast =
  /** Every task the same. */
  | { readonly kind: 'each'; readonly credits: number; readonly basis: string }
  /** All of them together, about. */
  | { readonly kind: 'all'; readonly credits: number; readonly basis: string }
  | { readonly kind: 'unknown'; readonly basis: string };

export interface Estimate {
  /** For all links; null when unknown. */
  creditsNeeded: number | null;
  /** Links the credits are enough for; null when nothing bounds them as far as we know. */
  affordableLinks: number | null;
  /** False when some links will have to wait for credits. */
  enough: boolean;
  /** One line, such as "3,400 credits: enough for 340 of 1,000 links". */
  text: string;
}

/** Compares the credits a batch needs with the balance and the user's own bound. */
export function estimateCredits(request: EstimateRequest): Estimate {
  const { links, creditsPerTask, balance, maxCredits = null } = request;
  if (creditsPerTask === null) return unknownEstimate(request);
  const creditsNeeded = links * creditsPerTask;
  const bounds = [balance, maxCredits].filter((bound) => bound !== null);
  if (bounds.length === 0) {
    const text = `The balance is not known. ${count(links, 'link')} ${need(links)} ${count(creditsNeeded, 'credit')}`;
    return { creditsNeeded, affordableLinks: null, enough: true, text };
  }
  const credits = Math.max(0, Math.min(...bounds));
  const affordableLinks = linksFor(credits, creditsPerTask, links);
  const source = maxCredits !== null && credits < (balance ?? Number.POSITIVE_INFINITY) ? ' allowed' : '';
  const amount = `${count(credits, 'credit')}${source}`;
  const text = `${amount}: ${verdict(affordableLinks, links, creditsNeeded)}`;
  return { creditsNeeded, affordableLinks, enough: affordableLinks === links, text };
}

/** The same for tasks whose prices differ or are not known. */
export function estimateForecast(
  forecast: CostForecast,
  bounds: Pick<EstimateRequest, 'links' | 'balance' | 'maxCredits'>,
): Estimate {
  if (forecast.kind === 'each') {
    const estimate = estimateCredits({ ...bounds, creditsPerTask: forecast.credits });
    return { ...estimate, text: `${estimate.text} (${forecast.basis})` };
  }
  const { links, balance, maxCredits = null } = bounds;
  const there = balance === null ? 'the balance is not known' : `${count(balance, 'credit')} in the account`;
  const allowed = maxCredits === null ? '' : `, ${grouped(maxCredits)} allowed`;
  const room = Math.min(balance ?? Number.POSITIVE_INFINITY, maxCredits ?? Number.POSITIVE_INFINITY);
  if (forecast.kind === 'unknown') {
    const text = `The cost of ${count(links, 'link')} is unknown: ${forecast.basis}; ${there}${allowed}`;
    return { creditsNeeded: null, affordableLinks: null, enough: room > 0, text };
  }
  const { credits, basis } = forecast;
  const text = `about ${count(credits, 'credit')}: ${basis}; ${there}${allowed}`;
  return { creditsNeeded: credits, affordableLinks: null, enough: credits <= room, text };
}

function unknownEstimate({ links, balance, maxCredits = null }: EstimateRequest): Estimate {
  const bounds = [
    balance === null ? 'The balance is not known' : `${count(balance, 'credit')} in the account`,
    ...(maxCredits === null ? [] : [`${grouped(maxCredits)} allowed`]),
  ];
  const text = `${bounds.join(', ')}. The cost of ${count(links, 'link')} is unknown: the first task will show it`;
  return { creditsNeeded: null, affordableLinks: null, enough: balance === null || balance > 0, text };
}

function verdict(affordable: number, links: number, creditsNeeded: number): string {
  if (links === 0) return 'no link needs any';
  if (affordable < links) {
    return affordable === 0
      ? `not enough for any of ${count(links, 'link')}`
      : `enough for ${grouped(affordable)} of ${count(links, 'link')}`;
  }
  const which = links === 1 ? 'the link' : `all ${count(links, 'link')}`;
  return `enough for ${which}, which ${need(links)} ${grouped(creditsNeeded)}`;
}

/** Tolerates the rounding of fractional balances: 0.3 credits are enough for three links of 0.1. */
function linksFor(credits: number, creditsPerTask: number, links: number): number {
  if (creditsPerTask === 0) return links;
  return Math.min(links, Math.floor(credits / creditsPerTask + 1e-9));
}

function need(links: number): string {
  return links === 1 ? 'needs' : 'need';
}

function count(value: number, noun: string): string {
  return `${grouped(value)} ${noun}${value === 1 ? '' : 's'}`;
}

function grouped(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}
