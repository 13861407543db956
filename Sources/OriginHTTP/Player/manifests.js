// Reads manifests into one shape: tracks of {kind, mime, initialization, segments: [{url, key, iv}], timestampOffset,
// container}. The highest video rendition and the first sound are taken.

const ATTRIBUTE = /([A-Z0-9-]+)=("[^"]*"|[^,]*)/g;

function attributes(line) {
  const found = {};
  for (const [, name, value] of line.slice(line.indexOf(":") + 1).matchAll(ATTRIBUTE)) found[name] = value.replace(/^"|"$/g, "");
  return found;
}

async function text(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`The manifest was refused: ${answer.status}.`);
  return answer.text();
}

export async function readHLS(url, encryption) {
  const lines = (await text(url)).split(/\r?\n/);
  let audio, best;
  for (const [index, line] of lines.entries()) {
    if (line.startsWith("#EXT-X-MEDIA:")) audio ??= attributes(line);
    if (!line.startsWith("#EXT-X-STREAM-INF:")) continue;
    const stream = { ...attributes(line), uri: lines[index + 1] };
    if (!best || Number(stream.BANDWIDTH) > Number(best.BANDWIDTH)) best = stream;
  }
  if (!best) throw new Error("The playlist names no stream.");
  const codecs = best.CODECS.split(",");
  const isTS = encryption === "envelope";
  const [width, height] = best.RESOLUTION.split("x").map(Number);
  const tracks = [await mediaPlaylist(new URL(best.uri, url), "video", codecs.find((c) => c.startsWith("avc1")), isTS)];
  Object.assign(tracks[0], { width, height });
  if (audio) tracks.push(await mediaPlaylist(new URL(audio.URI, url), "audio", codecs.find((c) => c.startsWith("mp4a")), isTS));
  return tracks;
}

async function mediaPlaylist(url, kind, codec, isTS) {
  const track = { kind, codec, mime: `${kind}/mp4; codecs="${codec}"`, segments: [], container: isTS ? "ts" : "mp4" };
  // Keyway's transport streams start at ten seconds.
  track.timestampOffset = isTS ? -10 : 0;
  let key;
  for (const line of (await text(url)).split(/\r?\n/)) {
    if (line.startsWith("#EXT-X-MAP:")) track.initialization = new URL(attributes(line).URI, url).href;
    else if (line.startsWith("#EXT-X-KEY:")) key = attributes(line);
    else if (line && !line.startsWith("#")) {
      track.segments.push({ url: new URL(line, url).href, key: isTS && key ? new URL(key.URI, url).href : null, iv: key?.IV });
    }
  }
  return track;
}

export async function readDASH(url) {
  const document = new DOMParser().parseFromString(await text(url), "application/xml");
  if (document.querySelector("parsererror")) throw new Error("The manifest is not XML.");
  const licence = document.getElementsByTagNameNS("https://dashif.org/CPS", "Laurl")[0]?.textContent;
  const tracks = [...document.getElementsByTagName("AdaptationSet")].map((set) => adaptationSet(set, url));
  return { tracks, licence: licence && new URL(licence, url).href };
}

function adaptationSet(set, url) {
  const representations = [...set.getElementsByTagName("Representation")];
  const best = representations.sort((a, b) => b.getAttribute("bandwidth") - a.getAttribute("bandwidth"))[0];
  const templates = [...best.getElementsByTagName("SegmentTemplate"), ...[...set.children].filter((c) => c.localName === "SegmentTemplate")];
  const attribute = (name) => templates.map((t) => t.getAttribute(name)).find((v) => v !== null);
  const expand = (template, time) => new URL(
    template.replaceAll("$RepresentationID$", best.getAttribute("id")).replaceAll("$Time$", time), url).href;
  const kind = (set.getAttribute("contentType") ?? set.getAttribute("mimeType")).split("/")[0];
  const codec = best.getAttribute("codecs") ?? set.getAttribute("codecs");
  const segments = [];
  let time = 0;
  const timeline = templates.map((t) => t.getElementsByTagName("SegmentTimeline")[0]).find(Boolean);
  for (const entry of timeline.getElementsByTagName("S")) {
    if (entry.hasAttribute("t")) time = Number(entry.getAttribute("t"));
    for (let count = Number(entry.getAttribute("r") ?? 0); count >= 0; count--) {
      segments.push({ url: expand(attribute("media"), time) });
      time += Number(entry.getAttribute("d"));
    }
  }
  return {
    kind, codec, mime: `${kind}/mp4; codecs="${codec}"`, container: "mp4", timestampOffset: 0, segments,
    initialization: expand(attribute("initialization"), 0),
  };
}
