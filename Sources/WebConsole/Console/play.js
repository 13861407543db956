// Plays one URL with one viewer's token. A document of its own: it may reach origins and key services, which the
// console
// itself may not, and in exchange it never has the operator's token.

import { KeyClient, KeyRefused } from "./keys.js";
import { readManifest } from "./manifests.js";
import { Playback } from "./playback.js";
import { ScrubBar, readStills } from "./stills.js";

const $ = (id) => document.getElementById(id);
const status = (window.keyway = { state: "idle", message: "", requests: [], errors: [] });
const scrub = new ScrubBar($("scrub"), () => $("video"));
let playback, renditions;

function show(state, words) {
  Object.assign(status, { state, message: words });
  $("state").className = `state ${state}`;
  $("state").textContent = words;
}

function showRequest(entry) {
  status.requests.push(entry);
  $("no-requests").hidden = true;
  const row = $("requests").insertRow(0);
  const outcome = entry.status === 200 ? "key released" : [entry.code, entry.detail].filter(Boolean).join(": ");
  const cells = [entry.time.toLocaleTimeString(), entry.keyID, entry.endpoint, entry.status || "none", outcome];
  for (const text of cells) row.insertCell().textContent = text;
}

function showFailure(error) {
  const code = error.code ? ` (${[error.status, error.code].filter(Boolean).join(" ")})` : "";
  show(error instanceof KeyRefused ? "refused" : "error", `${error.message}${code}`);
}

/** What the URL says of itself, as Keyway writes them. */
function streamOf(url) {
  const format = url.match(/format=([a-z0-9-]+)/)?.[1] ?? "";
  const scheme = url.match(/encryption=([a-z-]+)/)?.[1] ?? "";
  return {
    url, kind: format.startsWith("mpd") || /\.mpd($|\?)/.test(url) ? "dash" : "hls",
    isFile: /\.mp4($|\?)/.test(url), encryption: scheme.replace(/-aapl$/, ""),
  };
}

/** A fresh element: one that had media keys keeps them. */
function freshVideo() {
  const old = $("video"), video = old.cloneNode(false);
  video.muted = old.muted;
  old.replaceWith(video);
  return video;
}

function stop() {
  playback?.stop();
  playback = undefined;
  show("idle", "Stopped.");
}

async function play() {
  playback?.stop();
  const stream = streamOf($("url").value.trim());
  show("loading", "Loading the manifest, then the key.");
  const video = freshVideo();
  scrub.use([]);
  video.removeAttribute("poster");
  if (stream.isFile) return playFile(video, stream.url);
  const mine = (playback = new Playback(video, new KeyClient($("token").value.trim(), showRequest), (error) => {
    if (mine === playback) showFailure(error);
  }));
  const { licence } = await (await fetch("playback.json")).json();
  const presentation = await readManifest(stream).catch(mine.fail);
  if (!presentation || mine !== playback) return;
  offer(presentation.renditions);
  if (presentation.hasThumbnails) showStills(video, stream.url, mine);
  const rendition = presentation.renditions[$("quality").value] ?? presentation.renditions[0];
  await mine.start(presentation, rendition, { encryption: stream.encryption,
    licence: presentation.licence ?? licence });
  if (mine === playback) show("playing", `Playing ${rendition.label}.`);
}

async function showStills(video, url, mine) {
  const { poster, cues } = await readStills(url);
  if (mine !== playback) return;
  video.poster = poster;
  scrub.use(cues);
}

function offer(found) {
  const labels = found.map(({ label }) => label);
  if (JSON.stringify(labels) === JSON.stringify(renditions)) return;
  renditions = labels;
  $("quality").replaceChildren(...labels.map((label, index) => new Option(label, index)));
}

function playFile(video, url) {
  video.addEventListener("playing", () => show("playing", "Playing the file."), { once: true });
  video.addEventListener("error", () => show("error", video.error?.message || "The file does not play."),
    { once: true });
  video.src = url;
  video.play().catch(() => {});
}

$("form").addEventListener("submit", (event) => { event.preventDefault(); play().catch(showFailure); });
$("stop").addEventListener("click", stop);
addEventListener("unhandledrejection", ({ reason }) => { status.errors.push(String(reason)); showFailure(reason); });
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
  status.errors.push(`content policy: ${violatedDirective} ${blockedURI}`);
  show("error",
    `This server does not name ${blockedURI} as an origin or key service of its own: the player may not reach it.`);
});
$("url").value = new URLSearchParams(location.hash.slice(1)).get("url") ?? "";
$($("url").value ? "token" : "url").focus();
