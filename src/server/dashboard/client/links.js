/** The table of links: its columns as they were chosen in this browser, and its keys: j, k, r and /. */
// @ts-check

const stored = 'kie-batch.hidden-columns';

/** Private windows may refuse storage. */
function hiddenColumns() {
  try {
    return new Set((localStorage.getItem(stored) ?? 'saved').split(' ').filter(Boolean));
  } catch {
    return new Set(['saved']);
  }
}

/** @param {Element} section */
function chooseColumns(section) {
  const hidden = hiddenColumns();
  const show = () => section.setAttribute('data-without', [...hidden].join(' '));
  for (const box of section.querySelectorAll('[data-column-choice]')) {
    if (!(box instanceof HTMLInputElement)) continue;
    const column = box.dataset.columnChoice ?? '';
    box.checked = !hidden.has(column);
    box.addEventListener('change', () => {
      if (box.checked) hidden.delete(column);
      else hidden.add(column);
      show();
      try {
        localStorage.setItem(stored, [...hidden].join(' '));
      } catch {
        // It holds until the page is left.
      }
    });
  }
  show();
}

/** @param {Element} section @param {1 | -1} step */
function move(section, step) {
  const rows = [...section.querySelectorAll('a[data-row]')];
  const at = rows.indexOf(/** @type {Element} */ (document.activeElement));
  const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))];
  if (next instanceof HTMLElement) next.focus();
}

/** @param {Element} section */
function retry(section) {
  const row = document.activeElement?.closest('tr');
  const link = row && section.contains(row) ? row.querySelector('a[data-retry]') : null;
  if (link instanceof HTMLAnchorElement) location.assign(link.href);
}

/** @param {KeyboardEvent} event @param {Element} section */
function onKey(event, section) {
  const { key, target, ctrlKey, metaKey, altKey } = event;
  if (ctrlKey || metaKey || altKey) return;
  if (target instanceof Element && target.matches('input, textarea, select')) return;
  const search = section.querySelector('input[type=search]');
  if (key === 'j') move(section, 1);
  else if (key === 'k') move(section, -1);
  else if (key === 'r') retry(section);
  else if (key === '/' && search instanceof HTMLElement) search.focus();
  else return;
  event.preventDefault();
}

export function useLinks() {
  const section = document.querySelector('[data-links]');
  if (!section) return;
  chooseColumns(section);
  document.addEventListener('keydown', (event) => onKey(event, section));
}
