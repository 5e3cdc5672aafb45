/**
 * The page for a new batch: paste or drop a list, see what is wrong with it and what it costs, then enqueue. Pure.
 */
import type { InputSpec } from '../../shared/models/input-spec.ts';
import type { ModelDefinition } from '../../shared/models/model-definition.ts';
import type { InvalidEntry } from '../server-deps.ts';
import { type Html, html } from './html.ts';
import type { Viewer } from './layout.ts';
import { count, tiles } from './parts.ts';

export interface NewBatchForm {
  readonly batch: string;
  readonly model: string;
  readonly list: string;
  /** The dropped file's name, whose extension hints at the format. */
  readonly listName: string;
  /** For all links, by the names of the model's inputs. */
  readonly inputs: Readonly<Record<string, string>>;
}

export interface CheckedList {
  readonly links: number;
  /** Given more than once in this list. */
  readonly repeated: number;
  readonly alreadySaved: number;
  /** Under way or ended already, in this or another batch. */
  readonly known: number;
  readonly invalid: readonly InvalidEntry[];
  /** Null: the first task will tell. */
  readonly creditsPerTask: number | null;
  /** Null when it is not known. */
  readonly credits: number | null;
}

export interface NewBatchReading {
  readonly models: readonly Pick<ModelDefinition, 'id' | 'title' | 'inputs' | 'state'>[];
  readonly form: NewBatchForm;
  /** Null before the list has been checked. */
  readonly checked: CheckedList | null;
  readonly problem: string | null;
}

const invalidShown = 100;

export function newBatchPage({ models, form, checked, problem }: NewBatchReading, { csrf }: Viewer): Html {
  const options = models.map(
    ({ id, title, state }) =>
      html`<option value="${id}"${id === form.model ? html` selected` : null}>${id}${title ? ` (${title})` : ''}${state.kind === 'off' ? `, off since ${state.since}` : ''}</option>`,
  );
  const chosen = models.find(({ id }) => id === form.model);
  return html`<h1>New batch</h1>
${problem === null ? null : html`<p class="error" role="alert">${problem}</p>`}
${checked === null ? null : verdict(checked)}
<form method="post" action="/new/check" class="card fields">
<input type="hidden" name="csrf" value="${csrf}">
<div class="pair">
<label>Name<input name="batch" value="${form.batch}" required maxlength="100" pattern="[A-Za-z0-9][A-Za-z0-9._\\-]*" title="Letters, digits, dots, dashes and underscores"></label>
<label>Model<select name="model">${options}</select></label>
</div>
${chosen === undefined ? null : modelPart(chosen, form)}
<div data-drop class="fields">
<label>Links, one a line; or CSV, JSON or JSONL<textarea name="list" required spellcheck="false" placeholder="https://sora.chatgpt.com/p/s_…">${form.list}</textarea></label>
<label>Or a file (drop it anywhere here)<input type="file" hidden accept=".txt,.csv,.tsv,.json,.jsonl,text/plain"></label>
<input type="hidden" name="listName" value="${form.listName}">
</div>
<p class="actions">${
    checked !== null && newLinks(checked) + checked.known > 0
      ? html`<button class="primary" formaction="/new">Enqueue ${count(checked.links)} ${checked.links === 1 ? 'link' : 'links'}</button><button>Check again</button>`
      : html`<button class="primary">Check</button>`
  }</p>
<p class="note">Nothing is enqueued before you have seen what is in the list. Lists of more than 16 MB go in through <code>kie-batch enqueue</code> or the <a href="/api">API</a>.</p>
</form>`;
}

/** Its state, and a field for each of its inputs: for all links, unless a column of the list says otherwise. */
function modelPart(
  { id, inputs, state }: Pick<ModelDefinition, 'id' | 'inputs' | 'state'>,
  form: NewBatchForm,
): Html {
  const off =
    state.kind === 'off'
      ? html`<p class="error">${id} is off since ${state.since}. ${state.note} Models that work: ${state.insteadTry.join(', ')}.</p>`
      : null;
  const fields = Object.entries(inputs).map(([name, spec]) =>
    inputField(name, spec, form.inputs[name] ?? ''),
  );
  return html`${off}<details${Object.keys(form.inputs).length > 0 || Object.values(inputs).some(({ required }) => required) ? html` open` : null}><summary>Inputs of ${id} for all links (after choosing another model, press Check)</summary>
<p class="note">A column of the list with the name of an input gives each link its own value, which wins.</p>
<div class="fields">${fields}</div></details>`;
}

function inputField(name: string, spec: InputSpec, value: string): Html {
  const field = `input.${name}`;
  const hint = spec.default === undefined ? '' : `default: ${JSON.stringify(spec.default)}`;
  const label = html`${name}${spec.required ? ' (required)' : ''}${spec.description === '' ? null : html` <span class="note">${spec.description}</span>`}`;
  const choices = spec.type === 'boolean' ? ['true', 'false'] : spec.values?.map(String);
  if (choices !== undefined) {
    const options = ['', ...choices].map(
      (each) =>
        html`<option value="${each}"${each === value ? html` selected` : null}>${each || hint}</option>`,
    );
    return html`<label>${label}<select name="${field}">${options}</select></label>`;
  }
  if (spec.type === 'string' && (spec.maxLength ?? 1000) > 200)
    return html`<label>${label}<textarea name="${field}" rows="2" placeholder="${hint}">${value}</textarea></label>`;
  return html`<label>${label}<input name="${field}" value="${value}" placeholder="${hint}"></label>`;
}

function newLinks({ links, alreadySaved, known }: CheckedList): number {
  return Math.max(0, links - alreadySaved - known);
}

function verdict(checked: CheckedList): Html {
  const { links, repeated, alreadySaved, known, invalid, creditsPerTask, credits } = checked;
  const fresh = newLinks(checked);
  const cost = creditsPerTask === null ? null : fresh * creditsPerTask;
  const enough = credits === null || !creditsPerTask ? null : Math.floor(credits / creditsPerTask);
  const balance =
    enough === null
      ? 'balance not known here'
      : enough >= fresh
        ? `of ${count(credits ?? 0)} there are`
        : `of ${count(credits ?? 0)}: enough for ${count(enough)}`;
  return html`<section aria-label="What is in the list">${tiles([
    {
      label: 'New links',
      value: count(fresh),
      tone: 'good',
      note: repeated > 0 ? `${count(repeated)} given twice` : 'each once',
    },
    { label: 'Already saved', value: count(alreadySaved), note: 'cost nothing' },
    { label: 'Known already', value: count(known), note: 'not paid again' },
    {
      label: 'Invalid',
      value: count(invalid.length),
      note: invalid.length > 0 ? 'see below' : 'none',
      ...(invalid.length > 0 ? { tone: 'bad' as const } : {}),
    },
    {
      label: 'Credits needed',
      value: cost === null ? 'unknown' : count(cost),
      note: balance,
      ...(enough !== null && enough < fresh ? { tone: 'bad' as const } : {}),
    },
  ])}</section>
${links === 0 ? html`<p class="error" role="alert">There is no link in this list that the model takes.</p>` : null}
${invalid.length === 0 ? null : invalidTable(invalid)}`;
}

function invalidTable(invalid: readonly InvalidEntry[]): Html {
  return html`<section class="card"><h2>Lines without a usable link</h2><div class="scroll" tabindex="0" role="region" aria-label="Table"><table><thead><tr><th scope="col" class="number">Line</th><th scope="col">Found there</th><th scope="col">Why not</th></tr></thead><tbody>${invalid
    .slice(0, invalidShown)
    .map(
      ({ line, text, reason }) =>
        html`<tr><td class="number">${count(line)}</td><td class="break"><code>${text}</code></td><td class="break">${reason}</td></tr>`,
    )}</tbody></table></div>${
    invalid.length > invalidShown
      ? html`<p class="note">And ${count(invalid.length - invalidShown)} more.</p>`
      : null
  }</section>`;
}
