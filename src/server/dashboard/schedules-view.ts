/** Every schedule with its next and last runs, their results and errors. Pure. */
import type { Overview } from '../readings/overview.ts';
import { scheduleProblem } from '../readings/problems.ts';
import type { ScheduleReading, ScheduleRunReading } from '../server-deps.ts';
import { cronWords } from './cron-words.ts';
import { type Html, html } from './html.ts';
import type { Viewer } from './layout.ts';
import type { Fragments } from './overview-view.ts';
import { actionButton, ago, batchPath, count, duration, live, moment, since, until } from './parts.ts';

export function schedulesFragments({ schedules, at }: Overview, viewer: Viewer): Fragments {
  const list =
    schedules.length === 0
      ? html`<p class="card empty">There are no schedules. Create one here, or with <code>kie-batch schedule add</code>.</p>`
      : html`${schedules.map((schedule) => card(schedule, at, viewer))}`;
  return { list };
}

export function schedulesPage(
  fragments: Fragments,
  models: readonly { readonly id: string }[],
  viewer: Viewer,
): Html {
  return html`<h1>Schedules</h1>${live('list', fragments['list'] ?? html``)}${viewer.role === 'operator' ? addForm(models, viewer) : null}`;
}

function card(schedule: ScheduleReading, at: number, viewer: Viewer): Html {
  const { name, cron, timeZone, source, model, isPaused, nextAt, ticks, running, runs, maxCredits } =
    schedule;
  const problems = scheduleProblem(schedule, at).map(
    ({ message }) => html`<p class="error" role="alert">${message}</p>`,
  );
  const words = cronWords(cron);
  const next = isPaused
    ? html`<span class="chip state-held">paused</span>`
    : nextAt === null
      ? html`not planned by a worker yet`
      : html`${until(nextAt)}`;
  return html`<section class="card" id="${name}"><div class="title"><h2>${name}</h2>${viewer.role === 'operator' ? actions(schedule, viewer) : null}</div>${problems}
<dl class="facts"><dt>Next run</dt><dd>${next}${running === null ? null : html` · running on ${running.host} for ${since(running.startedAt)}`}</dd>
<dt>When</dt><dd>${words === null ? null : html`${words}, `}<code>${cron}</code> in ${timeZone}</dd>
${ticks.length === 0 ? null : html`<dt>Next five</dt><dd>${ticks.map((tick) => html`${localTime(tick, timeZone)}<br>`)}</dd>`}
<dt>Source</dt><dd class="break">${source}</dd><dt>Model</dt><dd>${model}</dd>${maxCredits === null ? null : html`<dt>Budget of each batch</dt><dd>${count(maxCredits)} credits</dd>`}</dl>
${runsTable(name, runs)}</section>`;
}

function localTime(at: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'medium', timeStyle: 'short' }).format(at);
}

function actions({ name, isPaused, running }: ScheduleReading, { csrf }: Viewer): Html {
  const post = (rest: string) => `/schedules/${encodeURIComponent(name)}${rest}`;
  return html`<div class="actions">${running === null ? actionButton({ action: post('/run'), label: 'Run now', csrf, confirm: `Read the source of ${name} now? New links are enqueued, and their tasks are paid.` }) : null}${
    isPaused
      ? actionButton({ action: post('/resume'), label: 'Resume', csrf, tone: 'primary' })
      : actionButton({ action: post('/pause'), label: 'Pause', csrf })
  }${actionButton({ action: post('/remove'), label: 'Remove', csrf, tone: 'danger', confirm: `Remove schedule ${name} and its history? Its batches are kept.` })}</div>`;
}

function runsTable(name: string, runs: readonly ScheduleRunReading[]): Html {
  if (runs.length === 0) return html`<p class="empty">It has not run yet.</p>`;
  const row = ({
    startedAt,
    endedAt,
    by,
    batch,
    accepted,
    known,
    invalid,
    error,
    skippedTicks,
  }: ScheduleRunReading) =>
    html`<tr><td>${moment(startedAt)} <span class="note">(${ago(startedAt)})</span></td><td>${by === 'person' ? 'a person' : 'its time'}</td><td class="number" data-label="new">${count(accepted)}</td><td class="number desk">${count(known)}</td><td class="number desk">${count(invalid)}</td><td class="desk">${duration(endedAt - startedAt)}</td><td class="break">${batch === '' || accepted === 0 ? batch : html`<a href="${batchPath(batch)}">${batch}</a>`}${error === null ? null : html` <span class="tone-bad">${error}</span>`}${skippedTicks > 0 ? html` <span class="note">${count(skippedTicks)} runs skipped meanwhile</span>` : null}</td></tr>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Runs of ${name}"><table class="runs"><thead><tr><th scope="col">Run</th><th scope="col">By</th><th scope="col" class="number">New</th><th scope="col" class="number desk">Known</th><th scope="col" class="number desk">Invalid</th><th scope="col" class="desk">Took</th><th scope="col">Batch</th></tr></thead><tbody>${runs.map(row)}</tbody></table></div>`;
}

function addForm(models: readonly { readonly id: string }[], { csrf }: Viewer): Html {
  return html`<form method="post" action="/schedules" class="card fields"><h2>Add or change a schedule</h2><input type="hidden" name="csrf" value="${csrf}">
<div class="pair"><label>Name (an existing one is changed)<input name="name" required maxlength="100" pattern="[A-Za-z0-9][A-Za-z0-9._\\-]*"></label>
<label>Cron expression<input name="cron" required maxlength="100" placeholder="*/15 * * * *"></label>
<label>Time zone<input name="timeZone" required value="UTC" maxlength="60"></label></div>
<div class="pair"><label>Source: https://… or s3://bucket/…<input name="source" required maxlength="2000" placeholder="https://example.com/links.txt"></label>
<label>Model<select name="model">${models.map(({ id }) => html`<option value="${id}">${id}</option>`)}</select></label>
<label>Budget of each batch in credits (empty: none)<input name="maxCredits" type="number" min="0" step="any"></label></div>
<p class="actions"><button class="primary">Save the schedule</button></p><p class="note">For folders and files on the workers’ machines, use <code>kie-batch schedule add</code>.</p></form>`;
}
