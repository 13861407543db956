// Posters of assets. The token goes in a header, which an <img> cannot send, and pictures of any other kind would have to be
// let in by the content policy: so they are fetched and painted.

import { el } from "./elements.js";
import { may, picture, whenSignedOut } from "./interface.js";

const ROUTE = "GET /v1/assets/{name}/poster";
const WIDTH = 256;
const MOST = 400;

/** Of each poster that was asked for, the promise of its bitmap, or of null when there is none: pages are drawn anew every
    few seconds, and the audit log names whoever looks at one. */
const kept = new Map();

whenSignedOut(() => kept.clear());

const wanted = new WeakMap();
const looker = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    looker.unobserve(target);
    wanted.get(target)?.();
  }
}, { rootMargin: "200px" });

/** The poster of an asset, painted when it comes into sight; null where there is none for who looks. */
export function poster({ name, version, created, poster: has }) {
  if (!has || !may(ROUTE)) return null;
  const key = JSON.stringify([name, version, created]);
  const canvas = el("canvas", { class: "poster", width: "16", height: "9", role: "img", "aria-label": `Poster of ${name}` });
  const show = async () => paint(canvas, await (kept.get(key) ?? fetched(key, name)));
  wanted.set(canvas, show);
  if (kept.has(key)) show();
  else looker.observe(canvas);
  return canvas;
}

function fetched(key, name) {
  const coming = picture(ROUTE, { name }).then((file) => createImageBitmap(file, { resizeWidth: WIDTH }))
    .catch((error) => {
      // What is away comes back: pages that are drawn later ask again.
      if (error.status !== 404) kept.delete(key);
      return null;
    });
  kept.set(key, coming);
  if (kept.size > MOST) kept.delete(kept.keys().next().value);
  return coming;
}

function paint(canvas, bitmap) {
  if (!bitmap) return canvas.remove();
  Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  canvas.dataset.shown = `${bitmap.width}x${bitmap.height}`;
}
