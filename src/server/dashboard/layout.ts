/**
 * The frame of every page: head, navigation, the line that says whether the page is live, and the main part. Pure.
 */
import { type Html, html } from './html.ts';

export interface Viewer {
  /** Null without sign-in. */
  readonly name: string | null;
  readonly role: 'operator' | 'viewer';
  /** Sent with every form. */
  readonly csrf: string;
}

export interface PageOptions {
  readonly title: string;
  readonly viewer: Viewer | null;
  /** The path of the section this page belongs to. */
  readonly section: string;
  readonly content: Html;
  /** What the page is kept up to date with. */
  readonly topic?: string;
  /** How far back its charts reach. */
  readonly chartSpan?: string;
  /** What has just been done. */
  readonly notice?: string | null;
}

const sections = [
  ['/', 'Overview'],
  ['/batches', 'Batches'],
  ['/new', 'New batch'],
  ['/schedules', 'Schedules'],
  ['/workers', 'Workers'],
  ['/gate', 'Gates'],
  ['/queues', 'Queues'],
  ['/audit', 'Audit log'],
  ['/api', 'API'],
] as const;

export function page(options: PageOptions): string {
  const { title, viewer, section, content, topic, notice, chartSpan } = options;
  return html`<!doctype html>
<html lang="en" data-base="/">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · kie-batch</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/uplot.css">
<link rel="stylesheet" href="/assets/dashboard.css">
<script type="module" src="/assets/dashboard.js"></script>
</head>
<body${topic === undefined ? null : html` data-topic="${topic}"`}${chartSpan === undefined ? null : html` data-span="${chartSpan}"`}>
<a class="skip" href="#main">Skip to the content</a>
<header>
<a class="brand" href="/"><svg viewBox="0 0 32 32" aria-hidden="true"><use href="/assets/icon.svg#mark"></use></svg>kie-batch</a>
${viewer === null ? null : navigation(viewer, section)}
</header>
<p id="connection" role="status" data-state="${topic === undefined ? 'still' : 'connecting'}"></p>
<main id="main" tabindex="-1">
${notice ? html`<p class="notice" role="status">${notice}</p>` : null}
${chartSpan === undefined ? null : spanLinks(topic ?? section, chartSpan)}
${content}
</main>
</body>
</html>
`.text;
}

const spans = [
  ['15m', '15 minutes'],
  ['24h', '24 hours'],
  ['7d', '7 days'],
] as const;

function spanLinks(topic: string, chosen: string): Html {
  const [path = '', query = ''] = topic.split('?');
  const to = (span: string) => {
    const search = new URLSearchParams(query);
    search.set('span', span);
    return `${path}?${search}`;
  };
  const links = spans.map(
    ([span, words]) =>
      html`<a href="${to(span)}"${span === chosen ? html` aria-current="true"` : null}>${words}</a>`,
  );
  return html`<nav class="spans" aria-label="Charts over"><span class="note">Charts over</span>${links}</nav>`;
}

function navigation(viewer: Viewer, section: string): Html {
  const links = sections
    .filter(([path]) => path !== '/new' || viewer.role === 'operator')
    .map(
      ([path, words]) =>
        html`<a href="${path}"${path === section ? html` aria-current="page"` : null}>${words}</a>`,
    );
  const who =
    viewer.name === null
      ? null
      : html`<form method="post" action="/logout" class="who"><span>${viewer.name} (${viewer.role})</span><input type="hidden" name="csrf" value="${viewer.csrf}"><button class="quiet">Sign out</button><button class="quiet" formaction="/logout-everywhere" title="Ends your sessions on all devices">everywhere</button></form>`;
  return html`<nav aria-label="Sections">${links}</nav>${who}`;
}
