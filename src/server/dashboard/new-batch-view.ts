/**
 * The form of a new batch: its name, its model with its inputs, the list, and how it is to run. Pure.
 */
import type { InputSpec } from '../../shared/models/input-spec.ts';
import type { ModelDefinition } from '../../shared/models/model-definition.ts';
import { type Html, html } from './html.ts';
import type { Viewer } from './layout.ts';
import { bytes } from './parts.ts';

export interface NewBatchForm {
  readonly batch: string;
  readonly model: string;
  /** For all links, by the names of the model's inputs. */
  readonly inputs: Readonly<Record<string, string>>;
  /** In credits; empty for no bound. */
  readonly budget: string;
  readonly priority: string;
  readonly isPaused: boolean;
  readonly force: boolean;
  /** Workers upload the videos, which the vendor cannot reach. */
  readonly upload: boolean;
  /** The list that was uploaded before, to be used again when no other is given. */
  readonly staged: { readonly id: string; readonly name: string; readonly bytes: number } | null;
}

export interface NewBatchReading {
  readonly models: readonly Pick<ModelDefinition, 'id' | 'title' | 'inputs' | 'state'>[];
  readonly form: NewBatchForm;
  readonly problem: string | null;
}

export function newBatchPage({ models, form, problem }: NewBatchReading, { csrf }: Viewer): Html {
  const options = models.map(
    ({ id, title, state }) =>
      html`<option value="${id}"${id === form.model ? html` selected` : null}>${id}${title ? ` (${title})` : ''}${state.kind === 'off' ? `, off since ${state.since}` : ''}</option>`,
  );
  const chosen = models.find(({ id }) => id === form.model);
  const { staged } = form;
  return html`<h1>New batch</h1>
${problem === null ? null : html`<p class="error" role="alert">${problem}</p>`}
<form method="post" action="/new/check" enctype="multipart/form-data" class="card fields">
<input type="hidden" name="csrf" value="${csrf}">
${staged === null ? null : html`<input type="hidden" name="staged" value="${staged.id}">`}
<div class="pair">
<label>Name<input name="batch" value="${form.batch}" required maxlength="100" pattern="[A-Za-z0-9][A-Za-z0-9._\\-]*" title="Letters, digits, dots, dashes and underscores"></label>
<label>Model<select name="model">${options}</select></label>
</div>
${chosen === undefined ? null : modelPart(chosen, form)}
${choices(form)}
<div data-drop class="fields">
<label>Links, one a line; or CSV, JSON or JSONL<textarea name="list"${staged === null ? html` required` : null} spellcheck="false" placeholder="${staged === null ? 'https://sora.chatgpt.com/p/s_…' : `empty: ${staged.name} (${bytes(staged.bytes)}) as uploaded before`}"></textarea></label>
<label>Or a file (drop it anywhere here)<input type="file" name="file" accept=".txt,.csv,.tsv,.json,.jsonl,.gz,.xlsx,text/plain"></label>
</div>
<p class="actions"><button class="primary">Check</button></p>
<p class="note">Nothing is enqueued before you have seen what is in the list and what it costs. A list may have a million links.</p>
</form>`;
}

/** How it is to run: rarely needed, so folded away unless something was chosen. */
function choices({ budget, priority, isPaused, force, upload }: NewBatchForm): Html {
  const isChosen = budget !== '' || priority !== '1' || isPaused || force || upload;
  const box = (name: string, isOn: boolean, label: string) =>
    html`<label class="box"><input type="checkbox" name="${name}" value="on"${isOn ? html` checked` : null}><span>${label}</span></label>`;
  return html`<details${isChosen ? html` open` : null}><summary>Budget, priority, start and upload</summary><div class="fields"><div class="pair">
<label>Budget in credits (empty: none)<input name="budget" type="number" min="0" step="any" value="${budget}"></label>
<label>Priority (turns for each turn of other batches)<input name="priority" type="number" min="1" max="1000" value="${priority}"></label>
</div>
${box('paused', isPaused, 'Start paused: nothing is submitted until you resume the batch')}
${box('force', force, 'Pay again for links that have ended, saved ones too')}
${box('upload', upload, 'Workers fetch the videos and upload them to the vendor, which cannot reach their links')}
</div></details>`;
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
  return html`${off}<details${Object.keys(form.inputs).length > 0 || Object.values(inputs).some(({ required }) => required) ? html` open` : null}><summary>Inputs of ${id} for all links</summary>
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
