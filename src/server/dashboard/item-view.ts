/** One item: its state, history, video and sidecar. Pure. */
import type { StoryEvent } from '../../shared/item-history/item-history.ts';
import type { Item } from '../../shared/ledger/item.ts';
import { mediaOfFile } from '../../shared/media/media-kind.ts';
import { type Html, html } from './html.ts';
import type { Viewer } from './layout.ts';
import type { Fragments } from './overview-view.ts';
import {
  actionButton,
  batchPath,
  bytes,
  count,
  duration,
  itemPath,
  live,
  moment,
  questionLink,
  stateChip,
} from './parts.ts';
import { type TimeLineEntry, timeLineOf } from './time-line.ts';

export interface ItemReading {
  readonly item: Item;
  readonly story: readonly StoryEvent[];
  /** The JSON of the video, if there is one. */
  readonly sidecar: unknown;
  /** Why it does not move; null when it moves or has ended. */
  readonly standstill: string | null;
  /** The source is shown next to the result. */
  readonly isCompared: boolean;
  /** Its job in the queues, while there is one. */
  readonly job: { readonly path: string; readonly queue: string; readonly progress: string | null } | null;
}

const retriable = ['failed', 'cancelled', 'held'];

export function itemFragments(reading: ItemReading, viewer: Viewer): Fragments {
  const { item, story, sidecar, standstill } = reading;
  return {
    head: html`${head(item, viewer)}${standstill === null ? null : html`<p class="headline tone-warn">${standstill}</p>`}`,
    video: video(reading),
    story: html`<ol class="story">${timeLineOf(item, story).map(entry)}</ol>${
      item.state === 'processing' || item.state === 'queued' || item.state === 'downloading'
        ? html`<p class="note">In progress. This page updates automatically.</p>`
        : null
    }`,
    facts: facts(reading),
    sidecar:
      sidecar === undefined
        ? html``
        : html`<details id="sidecar"><summary>Sidecar</summary><pre tabindex="0">${JSON.stringify(sidecar, null, 2)}</pre></details>`,
  };
}

export function itemPage({ item }: ItemReading, fragments: Fragments): Html {
  const part = (id: string) => live(id, fragments[id] ?? html``);
  return html`<p class="crumbs"><a href="/batches">Batches</a> / <a href="${batchPath(item.batch)}">${item.batch}</a></p>
<h1 class="break"><code>${item.id}</code></h1>
${part('head')}
<div class="grid two">
<section class="card"><h2>History</h2>${part('story')}</section>
<div>${part('video')}<section class="card"><h2>Facts</h2>${part('facts')}${part('sidecar')}</section></div>
</div>`;
}

function head(item: Item, { role, csrf }: Viewer): Html {
  const why = item.reason === null ? item.message : `${item.reason}: ${item.message ?? ''}`;
  const retry =
    role === 'operator' && retriable.includes(item.state)
      ? questionLink(itemPath(item.id, '/retry'), item.state === 'held' ? 'Pay again…' : 'Retry…', 'primary')
      : null;
  return html`<div class="title"><p>${stateChip(item.state)} <span class="break">${why}</span></p>${retry}</div>${item.state === 'held' && role === 'operator' ? heldChoices(item, csrf) : null}`;
}

/** The three actions for `held`; the first is the button next to the state. */
function heldChoices({ id }: Item, csrf: string): Html {
  return html`<section class="card"><h2>This link waits for your decision</h2>
<p>The vendor’s answer to its create call was lost. Look for a task of this link in the vendor’s log. If there is one, enter its id. A worker reads its record for free, and uses the task if the record names this link.</p>
<form method="post" action="${itemPath(id, '/attach')}" class="search"><input type="hidden" name="csrf" value="${csrf}"><label>Task id<input name="taskId" required maxlength="200" autocomplete="off"></label><button>Attach this task</button></form>
<p>If there is none, pay again, or give up the link, which cancels it without further cost.</p><p>${actionButton({ action: itemPath(id, '/give-up'), label: 'Give up this link', csrf, tone: 'danger', confirm: 'Cancel this link? If the vendor created a task, its result is not collected.' })}</p></section>`;
}

/** The source, where it is a file that a browser can show; a share link is a page. Pure. */
export function shownSource({ url }: Pick<Item, 'url'>): { url: URL; shows: 'video' | 'image' } | null {
  const parsed = URL.parse(url);
  if (parsed?.protocol !== 'https:' && parsed?.protocol !== 'http:') return null;
  const shows = mediaOfFile(parsed.pathname.toLowerCase())?.shows;
  return shows === 'video' || shows === 'image' ? { url: parsed, shows } : null;
}

function sourceBeside({ item, isCompared }: ItemReading): Html | null {
  const source = shownSource(item);
  if (source === null) return null;
  if (!isCompared)
    return html`<p><a href="${itemPath(item.id, '?source=1')}">Show the source too</a> <span class="note">from ${source.url.host}</span></p>`;
  const key = `source-${item.id}`;
  return source.shows === 'video'
    ? html`<h2>Source</h2><video controls preload="metadata" src="${item.url}" data-keep="${key}"></video>`
    : html`<h2>Source</h2><img class="result" alt="The source" referrerpolicy="no-referrer" src="${item.url}" data-keep="${key}">`;
}

function video(reading: ItemReading): Html {
  const { item } = reading;
  if (item.state !== 'saved') return html``;
  const source = itemPath(item.id, '/video');
  const shows = mediaOfFile(item.file ?? '')?.shows ?? 'video';
  const players = {
    video: html`<h2>Video</h2><video controls preload="metadata" src="${source}" data-keep="${item.id}"></video>`,
    image: html`<h2>Image</h2><img class="result" alt="The saved result" src="${source}">`,
    audio: html`<h2>Sound</h2><audio controls preload="metadata" src="${source}" data-keep="${item.id}"></audio>`,
  };
  const save = html`<p><a href="${itemPath(item.id, '/video?save=1')}" download>Download</a></p>`;
  return html`<section class="card">${players[shows]}${save}${sourceBeside(reading)}</section>`;
}

function entry({ at, title, words, times, tone, afterMs }: TimeLineEntry): Html {
  const repeated = times > 1 ? html` <span class="chip">${count(times)} times</span>` : null;
  const gap = afterMs === null || afterMs < 1 ? null : html` <span class="note">+${gapWords(afterMs)}</span>`;
  return html`<li class="tone-${tone}"><p><strong>${title}</strong>${repeated}</p>${
    words === null ? null : html`<p class="break">${words}</p>`
  }<p class="note">${moment(at)}${gap}</p></li>`;
}

function gapWords(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(ms < 1000 ? 3 : 1)} s` : duration(ms);
}

function facts({ item, job }: ItemReading): Html {
  const rows: [string, Html | string | number | null][] = [
    [
      'Link',
      html`<a href="${item.url}" rel="noreferrer noopener nofollow" target="_blank" class="break">${item.url}</a>`,
    ],
    ['Model', item.model],
    ...Object.entries(item.inputs).map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
    [
      'Task ids',
      item.taskIds.length === 0
        ? null
        : html`${item.taskIds.map((id) => html`<code class="break copy" tabindex="0">${id}</code> `)}`,
    ],
    [
      'Job',
      job === null
        ? null
        : html`<a href="${job.path}">${job.queue}</a>${job.progress === null ? null : html` <span class="note">${job.progress}</span>`}`,
    ],
    ['Create calls that counted', count(item.attempts)],
    ['Possibly paid twice', item.possiblyPaidTwice > 0 ? count(item.possiblyPaidTwice) : null],
    ['Credits spent', count(item.creditsSpent)],
    ['File', item.file === null ? null : html`<span class="break">${item.file}</span>`],
    ['Size', item.bytes === null ? null : bytes(item.bytes)],
    ['SHA-256', item.sha256 === null ? null : html`<code class="break">${item.sha256}</code>`],
    ['Log lines', html`<code class="break copy" tabindex="0">grep ${item.id} data/logs/kie-batch.log</code>`],
  ];
  return html`<dl class="facts">${rows
    .filter(([, value]) => value !== null)
    .map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}
