/** Tasks and downloads that take longer than usual, oldest first, each with a button to check it now. Pure. */
import type { OverlongItem } from '../../shared/ledger/search/waiting-items.ts';
import type { Overview } from '../readings/overview.ts';
import { type Html, html } from './html.ts';
import type { Viewer } from './layout.ts';
import type { Fragments } from './overview-view.ts';
import { actionButton, count, duration, itemPath, live, since } from './parts.ts';

export function stuckFragments({ overlong, overlongLimits }: Overview, viewer: Viewer): Fragments {
  const of = (state: OverlongItem['state']) =>
    overlong.items.filter((item) => item.state === state).sort((a, b) => a.since - b.since);
  return {
    tasks: section(
      `Tasks at the vendor for more than ${duration(overlongLimits.task)}`,
      'Twice as long as any task so far. See the vendor’s log. A task fails as task-timeout after its deadline.',
      { items: of('processing'), total: overlong.tasks },
      viewer,
    ),
    downloads: section(
      `Downloads unfinished for more than ${duration(overlongLimits.download)}`,
      'They wait for a free download slot, or their transfer is stalled.',
      { items: of('downloading'), total: overlong.downloads },
      viewer,
    ),
  };
}

export function stuckPage(fragments: Fragments): Html {
  return html`<h1>Stuck</h1>${live('tasks', fragments['tasks'] ?? html``)}${live('downloads', fragments['downloads'] ?? html``)}`;
}

function section(
  title: string,
  explanation: string,
  { items, total }: { readonly items: readonly OverlongItem[]; readonly total: number },
  { role, csrf }: Viewer,
): Html {
  if (total === 0) return html`<section class="card"><h2>${title}</h2><p class="empty">None.</p></section>`;
  const row = ({ id, since: at }: OverlongItem) =>
    html`<tr><td><a href="${itemPath(id)}"><code>${id}</code></a></td><td>${since(at)}</td><td>${role === 'operator' ? actionButton({ action: itemPath(id, '/look-now'), label: 'Check now', csrf }) : null}</td></tr>`;
  const rest = total - items.length;
  return html`<section class="card"><h2>${title}</h2><p>${explanation}</p><div class="scroll" tabindex="0" role="region" aria-label="${title}"><table><thead><tr><th scope="col">Link</th><th scope="col">For</th><th scope="col"><span class="sr">Actions</span></th></tr></thead><tbody>${items.map(row)}</tbody></table></div>${rest > 0 ? html`<p class="note">And ${count(rest)} more.</p>` : null}</section>`;
}
