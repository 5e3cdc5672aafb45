/** What is in an uploaded list and what it costs, while it is checked and after; and the form that enqueues it. Pure. */
import type { ListCheckState } from '../uploads/list-checks.ts';
import type { StagedList } from '../uploads/staged-lists.ts';
import { type Html, html } from './html.ts';
import type { Viewer } from './layout.ts';
import type { Fragments } from './overview-view.ts';
import { bytes, count, live, tiles } from './parts.ts';

export interface CheckedListReading {
  readonly id: string;
  readonly staged: StagedList;
  readonly check: ListCheckState;
  /** The vendor's balance; null when it is not known. */
  readonly balance: number | null;
}

export function checkedListPage({ staged }: CheckedListReading, fragments: Fragments): Html {
  const part = (name: string) => live(name, fragments[name] ?? html``);
  return html`<p class="crumbs"><a href="/new">New batch</a></p><hgroup><h1 class="break">${staged.batch}</h1><p class="note">${staged.listName} (${bytes(staged.bytes)}), ${staged.model}</p></hgroup>
${part('verdict')}
${part('enqueue')}
${part('rows')}
${part('invalid')}`;
}

export function checkedListFragments(reading: CheckedListReading, { csrf }: Viewer): Fragments {
  const { check } = reading;
  return {
    verdict: verdict(reading),
    enqueue: check.isDone ? enqueueForm(reading, csrf) : html``,
    rows: rowsTable(reading),
    invalid: invalidTable(check),
  };
}

/** Valid links of the list, each once. */
function linksOf({ counts }: ListCheckState): number {
  return counts.new + counts.saved + counts.known;
}

function verdict({ check, staged, balance, id }: CheckedListReading): Html {
  const { counts, isDone, problem, columns } = check;
  if (problem !== null)
    return html`<p class="error" role="alert">${problem}</p><p><a class="button" href="/new?from=${id}">Change it</a></p>`;
  const looked = counts.new + counts.saved + counts.known + counts.repeated + counts.invalid;
  const progress = isDone
    ? null
    : html`<p class="card" role="status">Checking: ${count(looked)} lines so far. <noscript><a href="/new/${id}">Look again</a></noscript></p>`;
  const isTooMuch = balance !== null && check.credits !== null && check.credits > balance;
  const list = tiles([
    {
      label: 'New links',
      value: count(counts.new),
      tone: 'good',
      note: counts.repeated > 0 ? `${count(counts.repeated)} repeated in the list` : 'each once',
    },
    { label: 'Already saved', value: count(counts.saved), note: 'cost nothing' },
    { label: 'Known already', value: count(counts.known), note: 'not paid again' },
    {
      label: 'Invalid',
      value: count(counts.invalid),
      note: counts.invalid > 0 ? 'see below' : 'none',
      ...(counts.invalid > 0 ? { tone: 'bad' as const } : {}),
    },
    {
      label: 'Credits needed',
      value: !isDone ? '…' : check.credits === null ? 'unknown' : count(check.credits),
      note: creditsNote(check, staged, balance),
      ...(isTooMuch ? { tone: 'bad' as const } : {}),
    },
  ]);
  return html`${progress}<section aria-label="What is in the list">${list}</section>${columns === null ? null : html`<p class="note">${columns}</p>`}`;
}

function creditsNote({ credits }: ListCheckState, { budget }: StagedList, balance: number | null): string {
  const bound = budget === null ? '' : `, budget ${count(budget)}`;
  if (credits === null) return `the first task will show it${bound}`;
  return balance === null ? `balance not known here${bound}` : `balance ${count(balance)}${bound}`;
}

function enqueueForm({ id, check, staged }: CheckedListReading, csrf: string): Html {
  const links = linksOf(check);
  const change = html`<a class="button" href="/new?from=${id}">Change it</a>`;
  if (check.problem !== null) return html``;
  if (links === 0)
    return html`<p class="error" role="alert">This list has no link that the model accepts.</p><p>${change}</p>`;
  const notes = [
    staged.isPaused ? 'The batch starts paused.' : '',
    staged.force ? 'Finished links are paid again.' : '',
    staged.upload ? 'Workers upload the videos.' : '',
    staged.priority === 1 ? '' : `Priority ${staged.priority}.`,
  ].join(' ');
  return html`<form method="post" action="/new/${id}" class="actions"><input type="hidden" name="csrf" value="${csrf}"><button class="primary">Enqueue ${count(links)} ${links === 1 ? 'link' : 'links'}</button>${change}<span class="note">${notes}</span></form>`;
}

const whatWords = {
  new: 'new',
  saved: 'already saved',
  known: 'known already',
  repeated: 'repeated',
} as const;

function rowsTable({ check }: CheckedListReading): Html {
  const { rows } = check;
  if (rows.length === 0) return html``;
  const names = [...new Set(rows.flatMap(({ inputs }) => Object.keys(inputs)))].slice(0, 6);
  const cell = (value: unknown) =>
    value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value);
  return html`<section class="card"><h2>The first links</h2><div class="scroll" tabindex="0" role="region" aria-label="The first links"><table><thead><tr><th scope="col">Link</th><th scope="col">State</th>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${rows.map(
    ({ url, what, inputs }) =>
      html`<tr><td class="break">${url}</td><td>${whatWords[what]}</td>${names.map((name) => html`<td class="break">${cell(inputs[name])}</td>`)}</tr>`,
  )}</tbody></table></div></section>`;
}

function invalidTable({ invalid, counts }: ListCheckState): Html {
  if (invalid.length === 0) return html``;
  const rest = counts.invalid - invalid.length;
  return html`<section class="card"><h2>Lines without a usable link</h2><div class="scroll" tabindex="0" role="region" aria-label="Lines without a usable link"><table><thead><tr><th scope="col" class="number">Line</th><th scope="col">Text</th><th scope="col">Problem</th></tr></thead><tbody>${invalid.map(
    ({ line, text, reason }) =>
      html`<tr><td class="number">${count(line)}</td><td class="break"><code>${text}</code></td><td class="break">${reason}</td></tr>`,
  )}</tbody></table></div>${rest > 0 ? html`<p class="note">And ${count(rest)} more.</p>` : null}</section>`;
}
