/**
 * The saved results of a batch as a gallery, filtered like the table, with downloads. Pure. A video loads when it
 * becomes visible, shows its first frame, and plays while the pointer or the focus is on it.
 */
import type { Item } from '../../shared/ledger/item.ts';
import { mediaOfFile } from '../../shared/media/media-kind.ts';
import { type LinksReading, noneWords, restOf } from './batch-links-view.ts';
import { queryString } from './batch-query.ts';
import { type Html, html } from './html.ts';
import { batchPath, bytes, duration, itemPath } from './parts.ts';

export function gallery(reading: LinksReading): Html {
  const { items } = reading.items;
  if (items.length === 0) return html`${noneWords(reading)}${restOf(reading)}`;
  return html`${takeAway(reading)}<ul class="gallery">${items.map(card)}</ul>${restOf(reading)}`;
}

function takeAway({ batch, query }: LinksReading): Html {
  const rest = queryString({ ...query, view: undefined, from: 0 });
  const all = (file: string) => batchPath(batch.name, `/results.${file}${rest === '' ? '' : `?${rest}`}`);
  return html`<form id="choice" class="actions" method="get" action="${batchPath(batch.name, '/results.zip')}"><button>Download chosen</button><a class="button" href="${all('zip')}" download>Download all as zip</a><a class="button" href="${all('txt')}" download>Addresses</a></form>`;
}

function card(item: Item): Html {
  const { id, bytes: size, submittedAt, savedAt } = item;
  const facts = [
    size === null ? null : bytes(size),
    submittedAt === null || savedAt === null ? null : duration(savedAt - submittedAt),
  ].filter((fact) => fact !== null);
  return html`<li>${picture(item)}<p><label class="box"><input type="checkbox" name="item" value="${id}" form="choice" aria-label="Choose ${id}"></label><a class="break" href="${itemPath(id)}"><code>${id}</code></a></p><p class="note">${facts.join(', ')} <a href="${itemPath(id, '/video?save=1')}" download aria-label="Download ${id}">Download</a></p></li>`;
}

function picture({ id, file }: Item): Html {
  const source = itemPath(id, '/video');
  const shows = mediaOfFile(file ?? '')?.shows ?? 'video';
  const pictures = {
    // The part after # makes browsers show a frame instead of nothing.
    video: html`<video muted loop playsinline preload="none" src="${source}#t=0.001" data-keep="${id}" data-preview tabindex="0" aria-label="Result of ${id}"></video>`,
    image: html`<img loading="lazy" src="${source}" data-keep="${id}" alt="Result of ${id}">`,
    audio: html`<audio controls preload="none" src="${source}" data-keep="${id}"></audio>`,
  };
  return pictures[shows];
}
