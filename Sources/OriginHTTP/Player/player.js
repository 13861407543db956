import { KeyClient, KeyRefused } from "./keys.js";
import { Playback } from "./playback.js";

const $ = (id) => document.getElementById(id);
const status = (window.keyway = { state: "idle", message: "", requests: [] });
let playback, configuration;

function show(state, message) {
  Object.assign(status, { state, message });
  $("state").className = `state ${state}`;
  $("state").textContent = message;
}

function step(name, verdict) { $(`step-${name}`).className = verdict; }

function describe(value) {
  if (!value) return "No token.";
  try {
    const [header, payload] = value.split(".").slice(0, 2).map((part) => JSON.parse(atob(part.replaceAll("-", "+").replaceAll("_", "/"))));
    const left = Math.round(payload.exp - Date.now() / 1000);
    const life = left > 0 ? `expires in ${left} s` : `expired ${-left} s ago`;
    return `${JSON.stringify(header)}\n${JSON.stringify(payload, null, 2)}\n${life}`;
  } catch { return "This token cannot be read."; }
}

function log(entry) {
  status.requests.push(entry);
  $("no-requests").hidden = true;
  const row = $("requests").insertRow(0);
  const answer = entry.status === 200 ? "200 key released" : `${entry.status} ${entry.code}`;
  for (const cell of [entry.time.toLocaleTimeString(), entry.keyID, entry.endpoint, answer]) row.insertCell().textContent = cell;
  row.cells[3].className = entry.status === 200 ? "good" : "bad";
}

function refused(error) {
  const isToken = error.status === 401;
  step("token", isToken ? "bad" : "good");
  step("policy", isToken ? "" : "bad");
  step("key", "bad");
  show("refused", `Refused (${error.status} ${error.code}): ${error.message} Nothing plays without the key.`);
}

async function play() {
  playback?.stop();
  const old = $("video");
  const video = old.cloneNode(false);
  old.replaceWith(video);
  video.muted = true;
  for (const name of ["token", "policy", "key", "picture"]) step(name, "");
  const stream = configuration.streams.find((s) => s.id === $("stream").value);
  const token = configuration.tokens.find((t) => t.id === $("token").value);
  show("loading", `Loading ${stream.title} …`);
  const mine = (playback = new Playback(video, new KeyClient(token.value, log)));
  try {
    await mine.start(stream, configuration.clearkey);
    for (const name of ["token", "policy", "key", "picture"]) step(name, "good");
    show("playing", `Playing ${stream.title}: the policy accepted the token and the key was released.`);
  } catch (error) {
    if (mine !== playback) return;
    mine.stop();
    if (error instanceof KeyRefused) refused(error);
    else show("error", `It does not play: ${error.message}`);
  }
}

function count() {
  const video = $("video");
  const quality = video.getVideoPlaybackQuality();
  const buffered = video.buffered.length ? video.buffered.end(video.buffered.length - 1) : 0;
  const facts = {
    Time: `${video.currentTime.toFixed(1)} s`, Buffered: `${buffered.toFixed(1)} s`,
    Pictures: `${quality.totalVideoFrames} (${quality.droppedVideoFrames} dropped)`,
    Size: video.videoWidth ? `${video.videoWidth}×${video.videoHeight}` : "–",
  };
  $("counters").replaceChildren(...Object.entries(facts).map(([name, value]) => {
    const group = document.createElement("div");
    group.append(Object.assign(document.createElement("dt"), { textContent: name }), Object.assign(document.createElement("dd"), { textContent: value }));
    return group;
  }));
}

async function begin() {
  configuration = await (await fetch("config.json")).json();
  $("asset").textContent = configuration.asset;
  const fill = (id, choices) => $(id).replaceChildren(...choices.map((c) => new Option(c.title, c.id)));
  fill("stream", configuration.streams);
  fill("token", configuration.tokens);
  const wish = new URLSearchParams(location.hash.slice(1));
  if (wish.get("stream")) $("stream").value = wish.get("stream");
  if (wish.get("token")) $("token").value = wish.get("token");
  const claims = () => { $("claims").textContent = describe(configuration.tokens.find((t) => t.id === $("token").value)?.value); };
  $("token").addEventListener("change", claims);
  $("play").addEventListener("click", play);
  claims();
  setInterval(() => { claims(); count(); }, 500);
  if (wish.get("play")) play();
}

begin().catch((error) => show("error", `The page cannot start: ${error.message}`));
