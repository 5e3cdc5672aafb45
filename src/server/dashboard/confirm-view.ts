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
  /** What goes back with the form: which links. */
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
<p>${sentence(which)}. ${newTasks === 0 ? 'All of them are paid already; their results are collected again.' : 'Each new task is paid.'}</p>
${costTiles(question)}
<form method="post" action="${batchPath(batch.name, '/retry')}" class="card fields">
${hidden({ csrf, links: String(links), ...priceField(forecast), ...fields })}
${question.asksBudget ? budgetField(question) : null}
<p class="actions"><button class="primary">Retry ${count(links)} ${links === 1 ? 'link' : 'links'}</button><a class="button" href="${back}">Change nothing</a></p>
</form>`;
}

/** What the person was shown goes back with the form: a price that has risen meanwhile is not paid unasked. */
function priceField({ creditsPerTask }: RetryForecast): Record<string, string> {
  return creditsPerTask === null ? {} : { price: String(creditsPerTask) };
}

function costTiles({ forecast, balance }: Pick<RetryQuestion, 'forecast' | 'balance'>): Html {
  const { links, collected, newTasks, creditsPerTask } = forecast;
  const cost = creditsPerTask === null ? null : newTasks * creditsPerTask;
  const isTooMuch = cost !== null && balance !== null && cost > balance;
  const list: Tile[] = [
    { label: 'Links', value: count(links) },
    { label: 'Paid already', value: count(collected), note: 'collected again, cost nothing' },
    { label: 'New tasks', value: count(newTasks), note: 'at most' },
    {
      label: 'Credits',
      value: newTasks === 0 ? '0' : cost === null ? 'unknown' : count(cost),
      note: creditsPerTask === null ? 'the price is not known yet' : `at most, ${creditsPerTask} a task`,
      ...(isTooMuch ? { tone: 'bad' as const } : {}),
    },
    { label: 'Balance', value: balance === null ? 'unknown' : count(balance), note: 'credits at the vendor' },
  ];
  return tiles(list);
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
  return html`<p>${words}</p><label>Budget of the batch in credits, with what it has spent<input name="budget" type="number" min="0" step="any" value="${budget ?? ''}"></label><p class="note">${
    forecast.creditsPerTask === null
      ? null
      : html`For all of these links it needs to be about ${count(Math.ceil(needs))}. `
  }Empty leaves it as it is.</p>`;
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
      ? 'The answer to its create call was lost. The vendor may have made a task of it and charged for it. This pays for another task.'
      : forecast.newTasks === 0
        ? 'Its task is paid already; the result is collected again.'
        : 'This pays for a new task.';
  return html`<h1 class="break">Retry <code>${item.id}</code>?</h1><p>${words}</p>${costTiles({ forecast, balance })}
<form method="post" action="${itemPath(item.id, '/retry')}" class="card fields">${hidden({ csrf })}<p class="actions"><button class="primary">${item.state === 'held' ? 'Pay again' : 'Retry'}</button><a class="button" href="${itemPath(item.id)}">Change nothing</a></p></form>`;
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
<p>${dearer === null ? 'This batch costs what was announced.' : `A task cost ${count(dearer.costs)} credits. ${count(dearer.announced)} were announced.`}</p>
${costTiles({ forecast, balance })}
<form method="post" action="${batchPath(name, '/resume')}" class="card fields">${hidden({ csrf, price: String(dearer?.costs ?? '') })}<p class="actions"><button class="primary">Accept the price and resume</button><a class="button" href="${batchPath(name)}">Change nothing</a></p></form>`;
}

export function giveUpPage({ name, counts }: Batch, { csrf }: Viewer): Html {
  return html`<h1>Give up ${count(counts.held)} held ${counts.held === 1 ? 'link' : 'links'} of ${name}?</h1>
<p>They are cancelled and cost nothing more. If the vendor made tasks of them, their results are not collected. A later retry pays for new tasks.</p>
<form method="post" action="${batchPath(name, '/give-up')}" class="card fields">${hidden({ csrf })}<p class="actions"><button class="danger">Give up ${count(counts.held)}</button><a class="button" href="${batchPath(name)}">Change nothing</a></p></form>`;
}

function hidden(fields: Readonly<Record<string, string>>): Html {
  return html`${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}`;
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
