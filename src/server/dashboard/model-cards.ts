/**
 * The models of a new batch: input videos, price, state, and a field for each input. The fields of all models are on
 * the page, with separate names, so that another choice needs no reload. Pure.
 */
import type { Halt } from '../../shared/gate-state/halts.ts';
import type { InputSpec } from '../../shared/models/input-spec.ts';
import type { ModelDefinition } from '../../shared/models/model-definition.ts';
import { priceText, typeText, videoText } from '../../shared/wording/model-text.ts';
import { type Html, html } from './html.ts';
import { since } from './parts.ts';

export interface ModelChoice {
  readonly models: readonly ModelDefinition[];
  /** The id of the chosen one. */
  readonly model: string;
  /** For all links, by the names of the chosen model's inputs. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly halts: readonly Halt[];
  /** Unix milliseconds. */
  readonly at: number;
}

export function modelCards(choice: ModelChoice): Html {
  const cards = choice.models.map(
    (model) => html`<label class="model card">
<span class="title"><span><input type="radio" name="model" value="${model.id}" required${model.id === choice.model ? html` checked` : null}> <strong class="break">${model.id}</strong></span>${chip(model, choice)}</span>
<span class="note">${model.title}</span>
<span class="note takes">Takes ${videoText(model)}. Price ${priceText(model, choice.at)}.</span>
</label>`,
  );
  return html`<fieldset><legend>Model</legend><div class="models">${cards}</div></fieldset>
${choice.models.map((model) => details(model, choice))}`;
}

function haltOf({ id }: ModelDefinition, { halts }: ModelChoice): Halt | undefined {
  return halts.find(({ model }) => model === id);
}

function chip(model: ModelDefinition, choice: ModelChoice): Html {
  const isOn = model.state.kind === 'live' && haltOf(model, choice) === undefined;
  return html`<span class="chip tone-${isOn ? 'good' : 'bad'}">${isOn ? 'on' : 'off'}</span>`;
}

/** Of one model, shown while it is chosen; without a script those of all are there to unfold. */
function details(model: ModelDefinition, choice: ModelChoice): Html {
  const { id, inputs } = model;
  const given = id === choice.model ? choice.inputs : {};
  const isNeeded = Object.values(inputs).some(({ required }) => required);
  const isOpen = isNeeded || Object.keys(given).length > 0;
  const fields = Object.entries(inputs).map(([name, spec]) =>
    inputField(`${inputPrefix(id)}${name}`, name, spec, given[name] ?? ''),
  );
  const folded = html`<details${isOpen ? html` open` : null}><summary>Inputs of ${id} for all links</summary>
<p class="note">A column of the list with the name of an input sets it for each link, and overrides this value.</p>
<div class="fields">${fields}</div></details>`;
  return html`<div data-model="${id}"${id === choice.model ? html` class="chosen"` : null}>${whyOff(model, choice)}${fields.length === 0 ? html`<p class="note">${id} has no other inputs than the video.</p>` : folded}</div>`;
}

function whyOff(model: ModelDefinition, choice: ModelChoice): Html | null {
  const { id, state } = model;
  const halt = haltOf(model, choice);
  if (halt !== undefined)
    return html`<p class="error">${id} is off for ${since(halt.since)} (${halt.reason}): <q>${halt.message}</q></p>`;
  if (state.kind === 'live') return null;
  return html`<p class="error">${id} is off since ${state.since}. ${state.note} Models that work: ${state.insteadTry.join(', ')}.</p>`;
}

/** What the names of the fields of a model's inputs begin with. */
export function inputPrefix(model: string): string {
  return `input:${model}:`;
}

function inputField(field: string, name: string, spec: InputSpec, value: string): Html {
  const hint = spec.default === undefined ? '' : `default: ${JSON.stringify(spec.default)}`;
  const choices = spec.type === 'boolean' ? ['true', 'false'] : spec.values?.map(String);
  const type = choices === undefined ? typeText(spec) : '';
  const label = html`<span>${name}${spec.required ? ' (required)' : ''} <span class="note">${[type, spec.description].filter(Boolean).join('. ')}</span></span>`;
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
