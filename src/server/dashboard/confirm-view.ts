/** What an action that spends would do, shown before it is done; the form on it does it. Pure. */
import type { Batch } from '../../shared/ledger/batch.ts';
import type { Item } from '../../shared/ledger/item.ts';
import type { RetryForecast } from '../server-deps.ts';
import { type Html, html } from './html.ts';
import type { Viewer } from './layout.ts';
import { batchPath, count, itemPath, type Tile, tiles } from './parts.ts';

export interface RetryQuestion {
  readonly batch: Batch;
  readonly forecast: RetryForecast;
  /** Sent with the form: which links. */
  readonly fields: Readonly<Record<string, string>>;
  /** In words, like `failed links with the reason rejected`. */
  readonly which: string;
  /** The vendor's balance; null where it is not known. */
  readonly balance: number | null;
  /** The batch's bound is why they failed. */
  readonly asksBudget: boolean;
}

export function retryPage(question: RetryQuestion, { csrf }: Viewer): Html {
  const { batch, forecast, fields, which } = question;
  const { links, newTasks } = forecast;
  const back = batchPath(batch.name);
  if (links === 0)
    return html`<h1>Nothing to retry</h1><p class="card">Batch ${batch.name} has no ${which}.</p><p><a class="button" href="${back}">Back to the batch</a></p>`;
  return html`<p class="crumbs"><a href="/batches">Batches</a> / <a href="${back}">${batch.name}</a></p>
<h1>Retry ${count(links)} ${links === 1 ? 'link' : 'links'}?</h1>
<p>${sentence(which)}. ${newTasks === 0 ? 'All of them are already paid; their results are collected again.' : 'Each new task is paid.'}</p>
${costTiles(costOf(forecast), question.balance)}
<form method="post" action="${batchPath(batch.name, '/retry')}" class="card fields">
${hidden({ csrf, links: String(links), ...priceField(forecast), ...fields })}
${question.asksBudget ? budgetField(question) : null}
<p class="actions"><button class="primary">Retry ${count(links)} ${links === 1 ? 'link' : 'links'}</button><a class="button" href="${back}">Cancel</a></p>
</form>`;
}

/** The shown price is sent with the form: if it has risen meanwhile, it is not paid without a new question. */
function priceField({ creditsPerTask }: RetryForecast): Record<string, string> {
  return creditsPerTask === null ? {} : { price: String(creditsPerTask) };
}

interface Cost extends Pick<RetryForecast, 'links' | 'collected' | 'newTasks'> {
  /** Null if the price is unknown. */
  readonly credits: number | null;
  /** Of the credits. */
  readonly note: string;
}

function costOf(forecast: RetryForecast): Cost {
  const { newTasks, creditsPerTask } = forecast;
  const credits = newTasks === 0 ? 0 : creditsPerTask === null ? null : newTasks * creditsPerTask;
  const note = creditsPerTask === null ? 'price not known yet' : `at most, ${creditsPerTask} a task`;
  return { ...forecast, credits, note };
}

function costTiles({ links, collected, newTasks, credits, note }: Cost, balance: number | null): Html {
  const isTooMuch = credits !== null && balance !== null && credits > balance;
  const list: Tile[] = [
    { label: 'Links', value: count(links) },
    { label: 'Paid already', value: count(collected), note: 'collected again for free' },
    { label: 'New tasks', value: count(newTasks), note: 'at most' },
    {
      label: 'Credits',
      value: credits === null ? 'unknown' : count(credits),
      note,
      ...(isTooMuch ? { tone: 'bad' as const } : {}),
    },
    { label: 'Balance', value: balance === null ? 'unknown' : count(balance), note: 'credits at the vendor' },
  ];
  return tiles(list);
}

export interface SeveralQuestion {
  readonly batches: readonly Pick<RetryQuestion, 'batch' | 'forecast'>[];
  readonly balance: number | null;
}

/** Of several batches at once: what each of them pays, and the sum. */
export function retrySeveralPage({ batches, balance }: SeveralQuestion, { csrf }: Viewer): Html {
  const shown = batches.filter(({ forecast }) => forecast.links > 0);
  if (shown.length === 0)
    return html`<h1>Nothing to retry</h1><p class="card">The chosen batches have no failed, cancelled or held links.</p><p><a class="button" href="/batches">Back to the batches</a></p>`;
  const costs = shown.map(({ forecast }) => costOf(forecast));
  const sum = (name: 'links' | 'collected' | 'newTasks') =>
    costs.reduce((total, cost) => total + cost[name], 0);
  const credits = costs.some((cost) => cost.credits === null)
    ? null
    : costs.reduce((total, cost) => total + (cost.credits ?? 0), 0);
  const note = credits === null ? 'some prices are not known yet' : 'at most';
  const total = {
    links: sum('links'),
    collected: sum('collected'),
    newTasks: sum('newTasks'),
    credits,
    note,
  };
  const label = `Retry ${count(total.links)} ${total.links === 1 ? 'link' : 'links'}`;
  const fields = shown.flatMap(({ batch, forecast }) =>
    Object.entries({ links: String(forecast.links), ...priceField(forecast) }).map(
      ([name, value]) => [`${name}.${batch.name}`, value] as const,
    ),
  );
  return html`<p class="crumbs"><a href="/batches">Batches</a></p>
<h1>${label} of ${count(shown.length)} ${shown.length === 1 ? 'batch' : 'batches'}?</h1>
<p>Failed, cancelled and held links. ${total.newTasks === 0 ? 'All of them are already paid; their results are collected again.' : 'Each new task is paid.'}</p>
${costTiles(total, balance)}
<section class="card"><div class="scroll" tabindex="0" role="region" aria-label="What each batch pays"><table><thead><tr><th scope="col">Batch</th><th scope="col" class="number">Links</th><th scope="col" class="number">Already paid</th><th scope="col" class="number">New tasks</th><th scope="col" class="number">Credits</th></tr></thead><tbody>${shown.map(costRow)}</tbody></table></div></section>
<form method="post" action="/retry" class="card fields">${hidden({ csrf, ...Object.fromEntries(fields) })}<p class="actions"><button class="primary">${label}</button><a class="button" href="/batches">Cancel</a></p></form>`;
}

function costRow({ batch, forecast }: SeveralQuestion['batches'][number]): Html {
  const { links, collected, newTasks, credits } = costOf(forecast);
  const { name, budget, creditsSpent } = batch;
  const isShort = budget !== null && credits !== null && creditsSpent + credits > budget;
  const short = isShort
    ? html`<div class="note">Its budget has room for ${count(Math.max(0, budget - creditsSpent))} credits. Retry it on its own page to raise the budget.</div>`
    : null;
  return html`<tr><td class="break"><a href="${batchPath(name)}">${name}</a>${short}</td><td class="number">${count(links)}</td><td class="number">${count(collected)}</td><td class="number">${count(newTasks)}</td><td class="number">${credits === null ? 'unknown' : count(credits)}</td></tr>`;
}

function budgetField({ batch, forecast }: RetryQuestion): Html {
  const { budget, creditsSpent } = batch;
  const needs = creditsSpent + forecast.newTasks * (forecast.creditsPerTask ?? 0);
  const now =
    budget === null
      ? 'This batch has no budget.'
      : `This batch may spend ${count(budget)} credits and has spent ${count(creditsSpent)}. With this budget ${budget - creditsSpent > 0 ? 'only some of' : 'none of'} the links would get a task.`;
  const words =
    budget !== null && budget >= needs
      ? `This batch may spend ${count(budget)} credits and has spent ${count(creditsSpent)}.`
      : now;
  return html`<p>${words}</p><label>Budget of the batch in credits, including what it has spent<input name="budget" type="number" min="0" step="any" value="${budget ?? ''}"></label><p class="note">${
    forecast.creditsPerTask === null
      ? null
      : html`For all of these links it needs to be about ${count(Math.ceil(needs))}. `
  }Leave it empty to keep it.</p>`;
}

export function itemRetryPage(
  {
    item,
    forecast,
    balance,
  }: { readonly item: Item; readonly forecast: RetryForecast; readonly balance: number | null },
  { csrf }: Viewer,
): Html {
  const words =
    item.state === 'held'
      ? 'The answer to its create call was lost. The vendor may have created and charged a task. This pays for another one.'
      : forecast.newTasks === 0
        ? 'Its task is already paid; the result is collected again.'
        : 'This pays for a new task.';
  return html`<h1 class="break">Retry <code>${item.id}</code>?</h1><p>${words}</p>${costTiles(costOf(forecast), balance)}
<form method="post" action="${itemPath(item.id, '/retry')}" class="card fields">${hidden({ csrf })}<p class="actions"><button class="primary">${item.state === 'held' ? 'Pay again' : 'Retry'}</button><a class="button" href="${itemPath(item.id)}">Cancel</a></p></form>`;
}

/** A batch was paused because its tasks cost more than was announced. */
export function resumePage(batch: Batch, balance: number | null, { csrf }: Viewer): Html {
  const { dearer, counts, name } = batch;
  const forecast = {
    links: counts.queued,
    collected: 0,
    newTasks: counts.queued,
    creditsPerTask: dearer?.costs ?? null,
  };
  return html`<h1>Resume ${name} at the new price?</h1>
<p>${dearer === null ? 'This batch costs as much as announced.' : `A task cost ${count(dearer.costs)} credits; ${count(dearer.announced)} were announced.`}</p>
${costTiles(costOf(forecast), balance)}
<form method="post" action="${batchPath(name, '/resume')}" class="card fields">${hidden({ csrf, price: String(dearer?.costs ?? '') })}<p class="actions"><button class="primary">Accept the price and resume</button><a class="button" href="${batchPath(name)}">Cancel</a></p></form>`;
}

export function giveUpPage({ name, counts }: Batch, { csrf }: Viewer): Html {
  return html`<h1>Give up ${count(counts.held)} held ${counts.held === 1 ? 'link' : 'links'} of ${name}?</h1>
<p>They are cancelled and cost nothing more. If the vendor created tasks, their results are not collected. A later retry pays for new tasks.</p>
<form method="post" action="${batchPath(name, '/give-up')}" class="card fields">${hidden({ csrf })}<p class="actions"><button class="danger">Give up ${count(counts.held)}</button><a class="button" href="${batchPath(name)}">Cancel</a></p></form>`;
}

function hidden(fields: Readonly<Record<string, string>>): Html {
  return html`${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}`;
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
