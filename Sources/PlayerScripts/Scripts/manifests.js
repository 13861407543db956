// Reads HLS playlists and DASH manifests into one shape:
//   { renditions: [{ label, load }], sound: { load } or null, licence, hasThumbnails }
// where load() gives a track { kind, mime, container, initialization, segments, timestampOffset, width, height } and a
// segment is { url, start, duration, cipher }, a cipher { url, iv }. Renditions come highest first.

// Keyway's transport streams start at ten seconds, in sound and video alike.
const TRANSPORT_STREAM_START = 10;
const VIDEO_CODEC = /^(avc|hvc|hev|av01|vp09)/;

/** An answer of the origin; its own words when it refuses. */
export async function get(url, what, signal) {
  const answer = await fetch(url, { signal }).catch((error) => {
    throw signal?.aborted ? error : new Error(`${what} cannot be fetched: ${new URL(url).host} does not answer.`);
  });
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => null);
  const why = problem?.code ? ` ${problem.code}: ${problem.detail}` : ".";
  throw new Error(`${what} is refused with ${answer.status}${why}`);
}

const label = (width, height, bandwidth) => `${width}×${height}, ${(bandwidth / 1e6).toFixed(2)} Mb/s`;

/** @param stream of config.json */
export function readManifest(stream) {
  return stream.kind === "dash" ? readDASH(stream.url) : readHLS(stream.url);
}

// HLS (RFC 8216)

function attributes(line) {
  const found = {};
  for (const [, name, value] of line.slice(line.indexOf(":") + 1).matchAll(/([A-Z0-9-]+)=("[^"]*"|[^,]*)/g)) {
    found[name] = value.replace(/^"|"$/g, "");
  }
  return found;
}

async function lines(url) {
  const text = await (await get(url, "The playlist")).text();
  if (!text.startsWith("#EXTM3U")) throw new Error("This is not a playlist.");
  return text.split(/\r?\n/).map((line) => line.trim()).filter(Boolean);
}

async function readHLS(url) {
  const streams = [], sounds = [];
  let next, hasThumbnails = false;
  for (const line of await lines(url)) {
    if (line.startsWith("#EXT-X-MEDIA:")) sounds.push(attributes(line));
    else if (line.startsWith("#EXT-X-IMAGE-STREAM-INF:")) hasThumbnails = true;
    else if (line.startsWith("#EXT-X-STREAM-INF:")) next = attributes(line);
    else if (next && !line.startsWith("#")) { streams.push({ ...next, uri: line }); next = null; }
  }
  const renditions = streams.filter((s) => s.RESOLUTION).sort((a, b) => b.BANDWIDTH - a.BANDWIDTH).map((stream) => {
    const [width, height] = stream.RESOLUTION.split("x").map(Number);
    const codec = stream.CODECS.split(",").find((name) => VIDEO_CODEC.test(name));
    const load = () => mediaPlaylist(new URL(stream.uri, url), { kind: "video", codec, width, height });
    return { label: label(width, height, stream["AVERAGE-BANDWIDTH"] ?? stream.BANDWIDTH), load };
  });
  if (!renditions.length) throw new Error("The playlist names no video.");
  return { renditions, sound: hlsSound(url, streams, sounds), licence: null, hasThumbnails };
}

function hlsSound(url, streams, sounds) {
  const isUsed = (group) => streams.some((stream) => stream.AUDIO === group);
  const sound = sounds.find((media) => media.TYPE === "AUDIO" && media.URI && isUsed(media["GROUP-ID"]));
  if (!sound) return null;
  const codec = streams.flatMap((s) => s.CODECS.split(",")).find((name) => !VIDEO_CODEC.test(name));
  return { load: () => mediaPlaylist(new URL(sound.URI, url), { kind: "audio", codec }) };
}

async function mediaPlaylist(url, { kind, codec, width, height }) {
  const track = { kind, mime: `${kind}/mp4; codecs="${codec}"`, width, height, container: "ts", segments: [] };
  let cipher = null, sequence = 0, duration = 0, start = 0;
  for (const line of await lines(url)) {
    if (line.startsWith("#EXT-X-MEDIA-SEQUENCE:")) sequence = Number(line.split(":")[1]);
    else if (line.startsWith("#EXTINF:")) duration = parseFloat(line.slice(8));
    else if (line.startsWith("#EXT-X-KEY:")) cipher = wholeSegmentCipher(attributes(line), url);
    else if (line.startsWith("#EXT-X-MAP:")) {
      track.container = "mp4";
      track.initialization = { url: new URL(attributes(line).URI, url).href, cipher };
    } else if (!line.startsWith("#")) {
      // Without an IV of its own a segment's media sequence number is the IV (5.2).
      const own = cipher && { ...cipher, iv: cipher.iv ?? sequence.toString(16).padStart(32, "0") };
      track.segments.push({ url: new URL(line, url).href, start, duration, cipher: own });
      start += duration;
      sequence += 1;
    }
  }
  return { ...track, timestampOffset: track.container === "ts" ? -TRANSPORT_STREAM_START : 0 };
}

/** AES-128 is ours to undo; SAMPLE-AES is left to the browser's content decryption module. */
function wholeSegmentCipher(key, url) {
  if (key.METHOD !== "AES-128") return null;
  return { url: new URL(key.URI, url).href, iv: key.IV?.replace(/^0x/i, "").padStart(32, "0") };
}

// DASH (ISO/IEC 23009-1): static, one period, SegmentTemplate with SegmentTimeline

async function readDASH(url) {
  const manifest = new DOMParser().parseFromString(await (await get(url, "The manifest")).text(), "application/xml");
  if (manifest.querySelector("parsererror")) throw new Error("The manifest is not XML.");
  const sets = [...manifest.getElementsByTagName("AdaptationSet")];
  const video = sets.find((set) => kindOf(set) === "video"), audio = sets.find((set) => kindOf(set) === "audio");
  if (!video) throw new Error("The manifest has no video.");
  const licence = manifest.getElementsByTagNameNS("https://dashif.org/CPS", "Laurl")[0]?.textContent.trim();
  const renditions = representations(...switchable(video, sets)).map((one) => {
    const [width, height, bandwidth] = ["width", "height", "bandwidth"].map((name) => Number(attribute(one, name)));
    return { label: label(width, height, bandwidth), load: async () => track(one, "video", url) };
  });
  const sound = audio && { load: async () => track(representations(audio)[0], "audio", url) };
  const hasThumbnails = sets.some((set) => kindOf(set) === "image");
  return { renditions, sound: sound ?? null, licence: licence ? new URL(licence, url).href : null, hasThumbnails };
}

/** A set and those that differ from it by their key alone (Adaptation Set Switching, 5.3.3.5). */
function switchable(set, sets) {
  const property = [...set.children].find(
    (child) => child.getAttribute("schemeIdUri") === "urn:mpeg:dash:adaptation-set-switching:2016");
  const ids = (property?.getAttribute("value") ?? "").split(",");
  return [set, ...sets.filter((other) => ids.includes(other.id))];
}

function representations(...sets) {
  return sets.flatMap((set) => [...set.getElementsByTagName("Representation")])
    .sort((a, b) => b.getAttribute("bandwidth") - a.getAttribute("bandwidth"));
}

/** What a representation does not say itself, its adaptation set says for all. */
const attribute = (one, name) => one.getAttribute(name) ?? one.parentElement.getAttribute(name);
const kindOf = (set) => (set.getAttribute("contentType")
  ?? attribute(set.querySelector("Representation") ?? set, "mimeType") ?? "").split("/")[0];

function track(representation, kind, url) {
  const own = (element) => [...element.children].filter((child) => child.localName === "SegmentTemplate");
  const set = representation.parentElement;
  const templates = [representation, set, set.parentElement].flatMap(own);
  const of = (name) => templates.map((template) => template.getAttribute(name)).find((value) => value !== null);
  const entries = templates.map((template) => [...template.getElementsByTagName("S")]).find((found) => found.length);
  if (!entries || !of("media")) throw new Error("The manifest has no segment timeline.");
  const address = (template, time) => new URL(template.replaceAll("$RepresentationID$", representation.id)
    .replaceAll("$Bandwidth$", representation.getAttribute("bandwidth")).replaceAll("$Time$", time), url).href;
  const timescale = Number(of("timescale") ?? 1), offset = Number(of("presentationTimeOffset") ?? 0);
  const segments = timeline(entries).map(({ time, duration }) => ({
    url: address(of("media"), time), start: (time - offset) / timescale, duration: duration / timescale, cipher: null,
  }));
  return {
    kind, mime: `${kind}/mp4; codecs="${attribute(representation, "codecs")}"`, container: "mp4", segments,
    initialization: { url: address(of("initialization"), ""), cipher: null }, timestampOffset: -offset / timescale,
  };
}

function timeline(entries) {
  const found = [];
  let time = 0;
  for (const [index, entry] of entries.entries()) {
    const number = (name, otherwise) => Number(entry.getAttribute(name) ?? otherwise);
    const duration = number("d");
    time = number("t", time);
    let repeats = number("r", 0);
    // A negative count: up to where the next entry begins.
    if (repeats < 0) repeats = Math.ceil((Number(entries[index + 1]?.getAttribute("t") ?? time) - time) / duration) - 1;
    for (let count = 0; count <= repeats; count++, time += duration) found.push({ time, duration });
  }
  return found;
}
