/**
 * The form of a new batch: its name, its model with its inputs, the list, and how it is to run. Pure.
 */
import type { UploadedVideo } from '../uploads/uploaded-videos.ts';
import { type Html, html } from './html.ts';
import type { Viewer } from './layout.ts';
import { type ModelChoice, modelCards } from './model-cards.ts';
import { haltCards } from './overview-view.ts';
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
  /** The id under which its videos are kept. */
  readonly form: string;
}

export interface NewBatchReading extends Pick<ModelChoice, 'models' | 'halts' | 'at'> {
  readonly form: NewBatchForm;
  readonly uploaded: { readonly videos: readonly UploadedVideo[]; readonly mostBytes: number };
  readonly problem: string | null;
}

export function newBatchPage({ form, problem, ...reading }: NewBatchReading, { csrf }: Viewer): Html {
  const { staged, model, inputs } = form;
  return html`<h1>New batch</h1>
${haltCards(reading.halts.filter((halt) => halt.model === null))}
${problem === null ? null : html`<p class="error" role="alert">${problem}</p>`}
<form method="post" action="/new/check" enctype="multipart/form-data" class="card fields">
<input type="hidden" name="csrf" value="${csrf}">
<input type="hidden" name="form" value="${form.form}">
${staged === null ? null : html`<input type="hidden" name="staged" value="${staged.id}">`}
<label>Name<input name="batch" value="${form.batch}" required maxlength="100" pattern="[A-Za-z0-9][A-Za-z0-9._\\-]*" title="Letters, digits, dots, dashes and underscores"></label>
${modelCards({ ...reading, model, inputs })}
<div data-drop class="fields">
<label>Links, one per line; or CSV, JSON or JSONL<textarea name="list"${staged === null ? html` required` : null} spellcheck="false" placeholder="${staged === null ? 'https://sora.chatgpt.com/p/s_…' : `empty: ${staged.name} (${bytes(staged.bytes)}) as uploaded before`}"></textarea></label>
<label>Or a file<input type="file" name="file" accept=".txt,.csv,.tsv,.json,.jsonl,.gz,.xlsx,text/plain"></label>
${videoPart(reading.uploaded, form)}
</div>
${choices(form)}
<p class="actions"><button class="primary">Check</button></p>
<p class="note">The next page shows the contents and the cost before anything is enqueued. A list can have a million links.</p>
</form>`;
}

/** Sent one by one by the page's script; without one they are given on the command line. */
function videoPart({ videos, mostBytes }: NewBatchReading['uploaded'], { form }: NewBatchForm): Html {
  const row = ({ name, bytes: size }: UploadedVideo) =>
    html`<li data-name="${name}"><span class="break">${name} (${bytes(size)})</span><span class="note">uploaded</span><button type="button" aria-label="Remove ${name}">Remove</button></li>`;
  return html`<div class="script" data-videos="/new/videos/${form}" data-most-bytes="${mostBytes}">
<label>And videos on this computer, at most ${bytes(mostBytes)} each<input type="file" multiple accept="video/*,.mp4,.m4v,.mov,.webm,.mkv"></label>
<ul class="uploads" aria-label="Uploaded videos">${videos.map(row)}</ul>
<p class="note">You can also drop lists and videos here. Each video is a link. A list that names a video, such as <code>holiday.mp4</code>, can give it its own inputs.</p>
</div>
<noscript><p class="note">Uploading videos needs JavaScript. Without it, use <code>kie-batch enqueue</code>.</p></noscript>`;
}

/** Rarely needed options, collapsed unless one is set. */
function choices({ budget, priority, isPaused, force, upload }: NewBatchForm): Html {
  const isChosen = budget !== '' || priority !== '1' || isPaused || force || upload;
  const box = (name: string, isOn: boolean, label: string) =>
    html`<label class="box"><input type="checkbox" name="${name}" value="on"${isOn ? html` checked` : null}><span>${label}</span></label>`;
  return html`<details${isChosen ? html` open` : null}><summary>Budget, priority, start and upload</summary><div class="fields"><div class="pair">
<label>Budget in credits (empty: none)<input name="budget" type="number" min="0" step="any" value="${budget}"></label>
<label>Priority (links for each link of other batches)<input name="priority" type="number" min="1" max="1000" value="${priority}"></label>
</div>
${box('paused', isPaused, 'Start paused: nothing is submitted until you resume the batch')}
${box('force', force, 'Pay again for finished links, including saved ones')}
${box('upload', upload, 'Workers fetch the videos and upload them to the vendor, for links that it cannot reach')}
</div></details>`;
}
