/**
 * The form of a new batch: shows the inputs of the chosen model, takes dropped lists, and uploads videos one after the
 * other, each with its progress and a button that cancels or removes it. Nothing is sent before all uploads have ended.
 */
// @ts-check

const videoName = /\.(?:mp4|m4v|mov|webm|mkv)$/i;

/** @param {HTMLFormElement} form */
function showInputs(form) {
  form.addEventListener('change', ({ target }) => {
    if (!(target instanceof HTMLInputElement) || target.name !== 'model') return;
    for (const part of form.querySelectorAll('[data-model]'))
      part.classList.toggle('chosen', part.getAttribute('data-model') === target.value);
  });
}

/** @param {number} bytes */
function size(bytes) {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Says which of several it is about. @param {HTMLButtonElement} button @param {string} word @param {string} of */
function name(button, word, of) {
  button.textContent = word;
  button.setAttribute('aria-label', `${word} ${of}`);
}

/** @param {Element} area @param {string} csrf @param {() => void} changed */
function createUploads(area, csrf, changed) {
  const list = /** @type {HTMLUListElement} */ (area.querySelector('.uploads'));
  const base = (document.documentElement.dataset.base ?? '/').replace(/\/$/, '');
  const address = `${base}${area.getAttribute('data-videos')}`;
  const mostBytes = Number(area.getAttribute('data-most-bytes'));
  /** @type {Promise<void>} */
  let last = Promise.resolve();
  let underWay = 0;

  /** @param {string} video */
  const addressOf = (video) => `${address}/${encodeURIComponent(video)}`;

  /** @param {Element} row @param {string} video */
  async function remove(row, video) {
    const answer = await fetch(addressOf(video), { method: 'DELETE', headers: { 'x-csrf-token': csrf } });
    if (answer.ok) row.remove();
    changed();
  }

  for (const row of list.querySelectorAll('li'))
    row.querySelector('button')?.addEventListener('click', () => remove(row, row.dataset.name ?? ''));

  /** @param {File} file */
  function add(file) {
    const row = document.createElement('li');
    const words = document.createElement('span');
    const bar = document.createElement('progress');
    const button = document.createElement('button');
    const state = document.createElement('span');
    words.className = 'break';
    words.textContent = `${file.name} (${size(file.size)})`;
    bar.max = Math.max(1, file.size);
    bar.value = 0;
    bar.setAttribute('aria-label', `Upload of ${file.name}`);
    button.type = 'button';
    name(button, 'Cancel', file.name);
    state.className = 'note';
    state.setAttribute('role', 'status');
    row.append(words, bar, state, button);
    list.append(row);
    const request = new XMLHttpRequest();
    let isCancelled = false;
    const cancel = () => {
      isCancelled = true;
      request.abort();
      row.remove();
      changed();
    };
    button.addEventListener('click', cancel);

    /** @param {string} problem */
    const fail = (problem) => {
      bar.remove();
      row.dataset.failed = '';
      state.className = 'error';
      state.textContent = problem;
      name(button, 'Dismiss', file.name);
    };
    /** @param {string} kept the name it is kept under */
    const finish = (kept) => {
      bar.remove();
      words.textContent = `${kept} (${size(file.size)})`;
      state.textContent = 'uploaded';
      name(button, 'Remove', kept);
      button.removeEventListener('click', cancel);
      button.addEventListener('click', () => remove(row, kept));
    };

    const send = () =>
      new Promise((/** @type {(ended: void) => void} */ ended) => {
        if (isCancelled) return ended();
        request.upload.addEventListener('progress', ({ loaded, total }) => {
          bar.value = loaded;
          state.textContent = loaded < total ? `${Math.floor((loaded / total) * 100)} %` : 'is checked';
        });
        request.addEventListener('load', () => {
          if (request.status === 200) return finish(JSON.parse(request.responseText).name);
          fail(problemIn(request.responseText) ?? `kie-batch answered HTTP ${request.status}.`);
        });
        request.addEventListener('error', () => fail('The connection was lost. Choose the file again.'));
        request.addEventListener('loadend', () => ended());
        request.open('PUT', addressOf(file.name));
        request.setRequestHeader('content-type', 'application/octet-stream');
        request.setRequestHeader('x-csrf-token', csrf);
        request.send(file);
      });
    if (file.size > mostBytes) return fail(`At most ${size(mostBytes)} are allowed (MAX_VIDEO_BYTES).`);
    state.textContent = 'waits';
    underWay += 1;
    last = last.then(send).then(() => {
      underWay -= 1;
      changed();
    });
  }

  return {
    /** @param {Iterable<File>} files */
    add(files) {
      for (const file of files) add(file);
      changed();
    },
    hasAny: () => list.querySelector('li:not([data-failed])') !== null,
    isUnderWay: () => underWay > 0,
    ended: () => last,
  };
}

/** @param {string} text */
function problemIn(text) {
  try {
    return String(JSON.parse(text).detail);
  } catch {
    return null;
  }
}

/** @param {HTMLFormElement} form @param {Element} area */
function takeLists(form, area) {
  const text = area.querySelector('textarea');
  const file = area.querySelector('input[name=file]');
  const chooser = area.querySelector('[data-videos] input');
  const csrf = form.elements.namedItem('csrf');
  if (!(text instanceof HTMLTextAreaElement) || !(file instanceof HTMLInputElement)) return;
  if (!(chooser instanceof HTMLInputElement) || !(csrf instanceof HTMLInputElement)) return;
  const isNeeded = text.required;
  const choose = () => {
    text.required = isNeeded && !file.files?.length && !uploads.hasAny();
  };
  const uploads = createUploads(
    /** @type {Element} */ (chooser.closest('[data-videos]')),
    csrf.value,
    choose,
  );
  choose();
  file.addEventListener('change', choose);
  chooser.addEventListener('change', () => {
    uploads.add(chooser.files ?? []);
    chooser.value = '';
  });
  // What is pasted is sent as a file too: the server streams it, whatever its size.
  form.addEventListener('formdata', ({ formData }) => {
    const pasted = formData.get('list');
    if (file.files?.length || typeof pasted !== 'string' || pasted.trim() === '') return;
    formData.delete('list');
    formData.set('file', new File([pasted], 'pasted.txt', { type: 'text/plain' }));
  });
  form.addEventListener('submit', (event) => {
    if (!uploads.isUnderWay()) return;
    event.preventDefault();
    event.stopPropagation();
    const button = event.submitter;
    if (button instanceof HTMLButtonElement) button.disabled = true;
    uploads.ended().then(() => {
      if (button instanceof HTMLButtonElement) button.disabled = false;
      form.requestSubmit(button);
    });
  });
  area.addEventListener('dragover', (event) => {
    event.preventDefault();
    area.classList.add('dropping');
  });
  area.addEventListener('dragleave', () => area.classList.remove('dropping'));
  area.addEventListener('drop', (event) => {
    event.preventDefault();
    area.classList.remove('dropping');
    if (!(event instanceof DragEvent) || !event.dataTransfer?.files.length) return;
    const given = [...event.dataTransfer.files];
    const videos = given.filter(({ name }) => videoName.test(name));
    const lists = new DataTransfer();
    for (const each of given.filter((one) => !videos.includes(one)).slice(0, 1)) lists.items.add(each);
    if (lists.files.length > 0) file.files = lists.files;
    uploads.add(videos);
  });
}

export function useNewBatch() {
  const area = document.querySelector('[data-drop]');
  const form = area?.closest('form');
  if (!area || !form) return;
  showInputs(form);
  takeLists(form, area);
}
