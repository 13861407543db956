// The page: choices on one side; on the other what the key service made of them, in words.

import { KeyClient, KeyRefused } from "./keys.js";
import { readManifest } from "./manifests.js";
import { Playback } from "./playback.js";
import { ScrubBar, readStills } from "./stills.js";

const $ = (id) => document.getElementById(id);
const status = (window.keyway = { state: "idle", message: "", requests: [] });
const OWN_TOKEN = "own";
const scrub = new ScrubBar($("scrub"), () => $("video"));
let configuration, playback, manifest;

/** What each refusal means to the one who watches; else the answer's own detail is shown. */
const REASONS = {
  tokenMissing: "No token was sent, and this stream’s policy asks for one.",
  tokenInvalid: "The token was sent, but its signature, issuer, audience or time is not what the policy asks for.",
  claimsNotSufficient: "The token is genuine, but its claims do not allow this key.",
  addressNotAllowed: "The policy does not allow this network address.",
  useLimit: "The token was used up: it may not be used again.",
  keyNotFound: "There is no such key, or it was disabled.",
};

// What the page says

function show(state, headline, reason) {
  Object.assign(status, { state, message: `${headline}. ${reason}` });
  $("state").className = `state ${state}`;
  $("headline").textContent = headline;
  $("reason").textContent = reason;
  $("locked").hidden = state !== "refused";
}

/** @param verdicts [[class, words]] for token, policy, key, picture */
function showPath(...verdicts) {
  for (const [index, name] of ["token", "policy", "key", "picture"].entries()) {
    const [verdict, words] = verdicts[index] ?? ["", ""];
    $(`step-${name}`).className = verdict;
    $(`step-${name}`).lastElementChild.textContent = words;
  }
}

function showRefusal({ status: answered, code, detail }) {
  const rest = [["bad", "withheld"], ["", "none"]];
  if (answered === 401) {
    showPath(["bad", code === "tokenMissing" ? "missing" : "not accepted"], ["", "not asked"], ...rest);
  } else {
    const isDecision = answered === 403 || answered === 200;
    showPath(["", token() ? "sent" : "missing"], isDecision ? ["bad", "does not allow"] : ["", ""], ...rest);
  }
  const life = code === "tokenInvalid" ? lifetime(claimsOf(token())?.payload) : "";
  const hint = life.startsWith("Expired") ? ` By its own claim it ${life.toLowerCase()}.` : "";
  const reason = REASONS[code] ?? detail ?? "";
  show("refused", "Refused: the key was not given", `${reason}${hint} (${[answered, code].join(" ").trim()})`.trim());
}

function showFailure(error) {
  if (error instanceof KeyRefused) return showRefusal(error);
  showPath();
  show("error", "It does not play", error.message);
}

function showRequest(entry) {
  status.requests.push(entry);
  $("no-requests").hidden = true;
  const row = $("requests").insertRow(0);
  const isGood = entry.status === 200;
  const outcome = isGood ? "key released" : [entry.code, entry.detail].filter(Boolean).join(": ");
  const cells = [entry.time.toLocaleTimeString(), entry.keyID, entry.endpoint, entry.status || "none", outcome];
  for (const text of cells) row.insertCell().textContent = text;
  row.className = isGood ? "good" : "bad";
}

/** Fills a description list; text only, so nothing in a token can become markup. */
function describe(id, facts) {
  $(id).replaceChildren(...facts.map(([name, value]) => {
    const group = document.createElement("div");
    for (const [tag, textContent] of [["dt", name], ["dd", value]]) {
      group.append(Object.assign(document.createElement(tag), { textContent }));
    }
    return group;
  }));
}

function showCounters() {
  const video = $("video"), quality = video.getVideoPlaybackQuality();
  const { currentTime, buffered, videoWidth, videoHeight } = video;
  let ahead = 0;
  for (let index = 0; index < buffered.length; index++) {
    if (buffered.start(index) <= currentTime + 0.1) ahead = Math.max(0, buffered.end(index) - currentTime);
  }
  describe("counters", [
    ["Time", `${currentTime.toFixed(1)} s`], ["Buffered ahead", `${ahead.toFixed(1)} s`],
    ["Frames", `${quality.totalVideoFrames} (${quality.droppedVideoFrames} dropped)`],
    ["Resolution", videoWidth ? `${videoWidth}×${videoHeight}` : "–"],
    ["Sound decoded", `${((video.webkitAudioDecodedByteCount ?? 0) / 1000).toFixed(0)} kB`],
  ]);
}

// The token

function token() {
  const id = $("token").value;
  return id === OWN_TOKEN ? $("own-token").value.trim() : configuration.tokens.find((t) => t.id === id)?.value ?? "";
}

function claimsOf(value) {
  const part = (text) => {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0))));
  };
  try {
    const [header, payload] = value.split(".").slice(0, 2).map(part);
    return { header, payload };
  } catch { return null; }
}

function lifetime(payload) {
  if (typeof payload?.exp !== "number") return payload ? "It never expires." : "";
  const left = payload.exp - Date.now() / 1000, seconds = Math.abs(left);
  const words = seconds < 120 ? `${seconds.toFixed(0)} s` : seconds < 7200 ? `${(seconds / 60).toFixed(0)} min`
    : seconds < 172800 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86400).toFixed(0)} days`;
  return left > 0 ? `Expires in ${words}` : `Expired ${words} ago`;
}

function showLifetime() {
  const value = token(), claims = claimsOf(value);
  const words = !value ? "No token is sent." : claims ? lifetime(claims.payload) : "Not a JWT that this page can read.";
  // Written only when it changes, so that text stays selected and screen readers stay quiet.
  if ($("life").textContent !== words) $("life").textContent = words;
  $("life").className = `life ${/^(Expired|No )/.test(words) ? "bad" : ""}`;
}

function showToken() {
  $("own").hidden = $("token").value !== OWN_TOKEN;
  const claims = claimsOf(token());
  const isTime = (name, claim) => ["exp", "nbf", "iat"].includes(name) && typeof claim === "number";
  const value = (name, claim) => isTime(name, claim) ? `${new Date(claim * 1000).toLocaleString()} (${claim})`
    : typeof claim === "string" ? claim : JSON.stringify(claim);
  const facts = claims ? [["alg", String(claims.header.alg)], ...Object.entries(claims.payload)] : [];
  describe("claims", facts.map(([name, claim]) => [name, value(name, claim)]));
  showLifetime();
}

// Playing

/** A fresh element: one that had media keys keeps them. */
function freshVideo() {
  const old = $("video"), video = old.cloneNode(false);
  video.muted = old.muted;
  video.volume = old.volume;
  old.replaceWith(video);
  return video;
}

const chosenStream = () => configuration.streams.find((stream) => stream.id === $("stream").value);

/** Reads the manifest of the chosen stream, which needs no token, for the choice of qualities. */
function readStream() {
  const stream = chosenStream();
  if (!stream) return;
  const reading = (manifest = readManifest(stream));
  $("quality").replaceChildren(new Option("Highest", 0));
  scrub.use([]);
  $("video").removeAttribute("poster");
  reading.then(({ renditions, hasThumbnails }) => {
    if (reading !== manifest) return;
    if (hasThumbnails) showStills(stream.url, reading);
    $("quality").replaceChildren(...renditions.map(({ label }, index) => new Option(label, index)));
  }, () => {});
}

/** Of a film that has some: most of what is protected shows none. */
async function showStills(url, reading) {
  const { poster, cues } = await readStills(url);
  if (reading !== manifest) return;
  $("video").poster = poster;
  scrub.use(cues);
}

async function play() {
  playback?.stop();
  showPath();
  const stream = chosenStream();
  if (!stream) return show("error", "It does not play", "There is no such stream.");
  show("loading", `Loading ${stream.title}`, "The manifest and the media are free to fetch; the key is asked for now.");
  const video = freshVideo();
  const mine = (playback = new Playback(video, new KeyClient(token(), showRequest), (error) => {
    if (mine === playback) showFailure(error);
  }));
  const presentation = await manifest.catch(mine.fail);
  if (mine !== playback) return;
  if (!presentation) return readStream();
  const rendition = presentation.renditions[$("quality").value] ?? presentation.renditions[0];
  await mine.start(presentation, rendition, {
    encryption: stream.encryption, licence: presentation.licence ?? configuration.clearkey,
  });
  if (mine !== playback) return;
  video.addEventListener("ended", () => {
    if (mine !== playback) return;
    show("playing", `Played ${stream.title}`, "This is its end. The key that was released decrypted it.");
  });
  const isSent = token() !== "";
  showPath(["good", isSent ? "accepted" : "not needed"], ["good", "allows"], ["good", "released"], ["good", "decoded"]);
  show("playing", `Playing ${stream.title}`,
    `The policy ${isSent ? "accepted the token" : "asks for no token"}, the key was released, the picture is decoded.`);
}

async function begin() {
  const answer = await fetch("config.json");
  if (!answer.ok) throw new Error(`The demo is not ready yet (${answer.status}). Reload the page in a moment.`);
  configuration = await answer.json();
  $("asset").textContent = configuration.asset;
  const fill = (id, choices) => $(id).replaceChildren(...choices.map((choice) => new Option(choice.title, choice.id)));
  fill("stream", configuration.streams);
  fill("token", [...configuration.tokens, { id: OWN_TOKEN, title: "A token of your own" }]);
  const wish = new URLSearchParams(location.hash.slice(1));
  for (const id of ["stream", "token"]) if (wish.has(id)) $(id).value = wish.get(id);
  $("stream").addEventListener("change", readStream);
  $("token").addEventListener("change", showToken);
  $("own-token").addEventListener("input", showToken);
  $("quality").addEventListener("change", () => { if (["playing", "loading"].includes(status.state)) play(); });
  $("form").addEventListener("submit", (event) => { event.preventDefault(); play(); });
  readStream();
  showToken();
  setInterval(() => { showCounters(); showLifetime(); }, 500);
  if (wish.get("play") === "1") await play();
}

// A mistake of this page must not look like endless loading.
addEventListener("unhandledrejection", ({ reason }) => showFailure(reason));
addEventListener("error", ({ error, message }) => showFailure(error ?? new Error(message)));
begin().catch(showFailure);
