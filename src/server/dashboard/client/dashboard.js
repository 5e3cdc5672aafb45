/**
 * What the pages do in the browser: take over changed parts as they come, keep times relative, and ask before what
 * cannot be undone. Without it every page still works, standing still.
 */
// @ts-check
import { createCharts } from './charts.js';
import { watchPreviews } from './gallery.js';
import { useLinks } from './links.js';
import { useNewBatch } from './new-batch.js';

document.documentElement.classList.add('scripted');

/** The path that this server is seen at, with a slash at its end. */
const base = document.documentElement.dataset.base ?? '/';
const connection = document.getElementById('connection');

/** @param {string} state @param {string} words */
function say(state, words) {
  if (!connection || connection.dataset.state === state) return;
  connection.dataset.state = state;
  connection.textContent = words;
}

/** @param {number} ms */
function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 1) return `${days} days`;
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  if (minutes > 0) return `${minutes} min ${seconds % 60} s`;
  return `${seconds} s`;
}

function tick() {
  for (const time of document.querySelectorAll('time[data-tick]')) {
    const at = Date.parse(time.getAttribute('datetime') ?? '');
    const kind = time.getAttribute('data-tick');
    const left = at - Date.now();
    const words =
      kind === 'until'
        ? left > 0
          ? `in ${span(left)}`
          : 'now'
        : `${span(-left)}${kind === 'ago' ? ' ago' : ''}`;
    if (time.textContent !== words) time.textContent = words;
    if (!time.dataset.local) tellLocally(time, at);
  }
}

const localTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** The time here, and in UTC as logs have it. @param {HTMLElement} time @param {number} at */
function tellLocally(time, at) {
  time.title = `${localTime.format(at)} (${time.title || time.textContent})`;
  time.dataset.local = '1';
}

/** @param {Element} part */
function isInUse(part) {
  const active = document.activeElement;
  if (active && active !== part && part.contains(active) && active.matches('input, textarea, select'))
    return true;
  const selection = document.getSelection();
  return Boolean(
    selection && !selection.isCollapsed && selection.anchorNode && part.contains(selection.anchorNode),
  );
}

/** @type {Map<string, string>} */
const held = new Map();

/** @param {string} id @param {string} html */
function takePart(id, html) {
  const part = document.getElementById(`live-${id}`);
  if (!part) return;
  if (isInUse(part)) {
    held.set(id, html);
    return;
  }
  held.delete(id);
  const template = document.createElement('template');
  template.innerHTML = html;
  if (part.innerHTML === template.innerHTML) return;
  // Into this document before anything is moved there: media that changes its document starts again.
  const fresh = document.importNode(template.content, true);
  const open = [...part.querySelectorAll('details[open]')].map((each) => each.id);
  for (const details of fresh.querySelectorAll('details')) details.open = open.includes(details.id);
  for (const media of fresh.querySelectorAll('[data-keep]')) {
    const before = part.querySelector(`[data-keep="${CSS.escape(media.dataset.keep)}"]`);
    if (before?.getAttribute('src') === media.getAttribute('src')) media.replaceWith(before);
  }
  const focused = [...part.querySelectorAll('a, button')].indexOf(
    /** @type {Element} */ (document.activeElement),
  );
  const chosen = [...part.querySelectorAll('input[type=checkbox]')].filter((box) => box.checked);
  for (const { name, value } of chosen) {
    const box = fresh.querySelector(`input[name="${CSS.escape(name)}"][value="${CSS.escape(value)}"]`);
    if (box instanceof HTMLInputElement) box.checked = true;
  }
  part.replaceChildren(fresh);
  watchPreviews(part);
  const again = focused < 0 ? null : part.querySelectorAll('a, button')[focused];
  if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  tick();
}

/** When the page was last known to be up to date. */
let seenAt = Date.now();
let trouble = '';

/** What is shown is old from now on: it is greyed, and its age is told. @param {string} state @param {string} words */
function lose(state, words) {
  trouble = words;
  if (connection?.dataset.state === 'live') seenAt = Date.now();
  say(state, words);
  tellAge();
}

function tellAge() {
  const state = connection?.dataset.state;
  if (!connection || (state !== 'away' && state !== 'lost')) return;
  connection.textContent = `${trouble} This is what was known ${span(Date.now() - seenAt)} ago; the page updates when it is back.`;
}

function follow() {
  const charts = createCharts(document.querySelectorAll('[data-chart]'));
  const source = new EventSource(`${base}live${document.body.dataset.topic}`);
  source.addEventListener('part', (event) => {
    const { id, html } = JSON.parse(event.data);
    takePart(id, html);
  });
  source.addEventListener('samples', (event) => charts.add(JSON.parse(event.data)));
  source.addEventListener('connection', (event) => {
    const { redis } = JSON.parse(event.data);
    if (redis === 'here') {
      seenAt = Date.now();
      say('live', 'Live');
    } else lose('away', 'Redis does not answer.');
  });
  source.addEventListener('signed-out', () => {
    source.close();
    location.reload();
  });
  source.addEventListener('error', () => {
    lose('lost', 'No connection to kie-batch.');
    // A refusal (a session that has ended, a server that starts) ends the source: only then start over.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
  });
  setInterval(() => {
    for (const [id, html] of held) takePart(id, html);
  }, 1000);
}

/** The page could not be shown: look again until it can. */
function waitForReturn() {
  setInterval(async () => {
    const answer = await fetch(`${base}readyz`).catch(() => null);
    if (answer?.ok) location.reload();
  }, 2000);
}

document.addEventListener('click', (event) => {
  const button = event.target instanceof Element ? event.target.closest('[data-confirm]') : null;
  if (button instanceof HTMLElement && !window.confirm(button.dataset.confirm)) event.preventDefault();
});

document.addEventListener('submit', (event) => {
  const button = event.submitter;
  if (button instanceof HTMLButtonElement)
    setTimeout(() => {
      button.disabled = true;
    }, 0);
});

useLinks();
useNewBatch();
watchPreviews(document);
tick();
setInterval(tick, 1000);
setInterval(tellAge, 1000);
if (document.body.dataset.topic !== undefined) follow();
if (document.body.dataset.waits !== undefined) waitForReturn();
