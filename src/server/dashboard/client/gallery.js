/**
 * The pictures of the gallery: a video loads its first frame when it comes near the view, plays while the pointer or the
 * focus is on it, and lets its data go when it is far away again.
 */
// @ts-check

const near = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries)
      if (target instanceof HTMLVideoElement) {
        const wanted = isIntersecting ? 'metadata' : 'none';
        if (target.preload === wanted) continue;
        target.preload = wanted;
        target.load();
      }
  },
  { rootMargin: '200px' },
);

/** @param {ParentNode} place */
export function watchPreviews(place) {
  for (const video of place.querySelectorAll('video[data-preview]')) near.observe(video);
}

/** @param {Event} event */
function play({ target }) {
  if (target instanceof HTMLVideoElement && 'preview' in target.dataset) target.play().catch(() => undefined);
}

/** @param {Event} event */
function rest({ target }) {
  if (target instanceof HTMLVideoElement && 'preview' in target.dataset) target.pause();
}

for (const name of ['pointerover', 'focusin']) document.addEventListener(name, play);
for (const name of ['pointerout', 'focusout']) document.addEventListener(name, rest);
