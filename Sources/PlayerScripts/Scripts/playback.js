// Plays one presentation through Media Source Extensions: Common Encryption through Encrypted Media Extensions with
// ClearKey, AES-128 with WebCrypto, transport streams through the transmuxer.

import { KeyRefused, keyIDsRequest } from "./keys.js";
import { get } from "./manifests.js";
import { Transmuxer } from "./transmux.js";

// Seconds of media fetched before they are needed.
const AHEAD = 30;
// Seconds within which the first picture must come.
const PATIENCE = 20;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export class Playback {
  /** @param keys a KeyClient @param failed told once, when it cannot go on */
  constructor(video, keys, failed) {
    Object.assign(this, { video, keys, asking: 0, abort: new AbortController() });
    this.fail = (error) => { if (!this.stopped) { this.stop(); failed(error); } };
  }

  get stopped() { return this.abort.signal.aborted; }

  /** Resolves once pictures come, never when it fails before that. */
  async start(presentation, rendition, { encryption, licence }) {
    try {
      const sources = [rendition, presentation.sound].filter(Boolean);
      this.tracks = await Promise.all(sources.map((source) => source.load()));
      if (this.stopped) return;
      if (encryption === "cenc" || encryption === "cbcs") await this.#protect(encryption, licence);
      await this.#attach();
    } catch (error) { this.fail(error); }
    await this.#advancing();
  }

  stop() {
    this.abort.abort();
    this.video.removeAttribute("src");
    this.video.load();
  }

  // Encrypted Media Extensions

  async #protect(scheme, licence) {
    const of = (kind) => this.tracks.filter((track) => track.kind === kind)
      .map((track) => ({ contentType: track.mime, encryptionScheme: scheme }));
    const access = await navigator.requestMediaKeySystemAccess("org.w3.clearkey", [{
      initDataTypes: ["cenc", "keyids"], videoCapabilities: of("video"), audioCapabilities: of("audio"),
    }]).catch(() => { throw new Error(`This browser has no ClearKey for ${scheme}.`); });
    const mediaKeys = await access.createMediaKeys();
    await this.video.setMediaKeys(mediaKeys);
    const seen = new Set();
    this.askFor = (initDataType, initData) => {
      const bytes = [...new Uint8Array(initData ?? [])].join();
      if (!bytes || seen.has(bytes)) return;
      seen.add(bytes);
      this.#open(mediaKeys.createSession(), initDataType, initData, licence).catch(this.fail);
    };
    this.#listen("encrypted", ({ initDataType, initData }) => this.askFor(initDataType, initData));
    this.#listen("waitingforkey", () => this.#expectKey());
  }

  async #open(session, initDataType, initData, licence) {
    session.addEventListener("message", async ({ message }) => {
      this.asking += 1;
      try {
        await session.update(await this.keys.licence(licence, message));
      } catch (error) { this.fail(error); } finally { this.asking -= 1; }
    });
    await session.generateRequest(initDataType, initData);
  }

  /** The browser waits for a key that no licence had: a licence may leave out what the policy does not allow. */
  async #expectKey() {
    const time = this.video.currentTime;
    do await pause(2000); while (this.asking && !this.stopped);
    if (this.stopped || this.video.currentTime > time || this.video.readyState > 2) return;
    this.fail(new KeyRefused({ status: 200, code: "", detail: "The licence came without the key of this track." }));
  }

  // Media Source Extensions

  async #attach() {
    this.#listen("error", () => this.fail(new Error(
      `The browser cannot decode it, as with a wrong key. ${this.video.error?.message ?? ""}`.trim())));
    this.source = new MediaSource();
    const address = URL.createObjectURL(this.source);
    this.video.src = address;
    await new Promise((resolve) => this.source.addEventListener("sourceopen", resolve, { once: true }));
    URL.revokeObjectURL(address);
    for (const track of this.tracks) track.buffer = this.source.addSourceBuffer(track.mime);
    const end = ({ start, duration }) => start + duration;
    this.source.duration = Math.max(...this.tracks.map(({ segments }) => end(segments.at(-1))));
    for (const track of this.tracks) this.#feed(track).catch(this.fail);
    // Nothing is lost when the browser wants a click first: the controls are there.
    this.video.play().catch(() => {});
  }

  async #feed(track) {
    track.buffer.timestampOffset = track.timestampOffset;
    track.next = 0;
    this.#listen("seeking", () => this.#seek(track));
    const transmuxer = track.container === "ts" ? new Transmuxer(track) : null;
    if (track.initialization) await this.#initialize(track);
    while (!this.stopped) {
      const segment = track.segments[track.next];
      if (!segment) this.#end();
      if (!segment || segment.start > this.video.currentTime + AHEAD) { await pause(200); continue; }
      track.next += 1;
      track.isBusy = true;
      const bytes = await this.#clear(segment);
      await this.#append(track.buffer, transmuxer ? transmuxer.transmux(new Uint8Array(bytes)) : bytes);
      track.isBusy = false;
    }
  }

  async #initialize(track) {
    const bytes = await this.#clear(track.initialization);
    const request = this.askFor && keyIDsRequest(new Uint8Array(bytes));
    // Without a pssh box the browser never says that the media is encrypted.
    if (request) this.askFor("keyids", request);
    await this.#append(track.buffer, bytes);
  }

  #seek(track) {
    const { currentTime } = this.video;
    const { buffered } = track.buffer;
    for (let index = 0; index < buffered.length; index++) {
      if (buffered.start(index) <= currentTime && currentTime < buffered.end(index)) return;
    }
    track.next = Math.max(0, track.segments.findLastIndex((segment) => segment.start <= currentTime));
  }

  #end() {
    const isWhole = this.tracks.every((track) => track.next >= track.segments.length && !track.isBusy);
    if (isWhole && this.source.readyState === "open") this.source.endOfStream();
  }

  /** A segment's bytes, without the encryption of whole segments. */
  async #clear({ url, cipher }) {
    const what = cipher ? "An encrypted segment" : "A segment";
    const bytes = await (await get(url, what, this.abort.signal)).arrayBuffer();
    if (!cipher) return bytes;
    const key = await this.keys.aes(cipher.url);
    const iv = Uint8Array.from(cipher.iv.match(/../g), (pair) => parseInt(pair, 16));
    return crypto.subtle.decrypt({ name: "AES-CBC", iv }, key, bytes)
      .catch(() => { throw new Error("A segment cannot be decrypted with the key that came."); });
  }

  #append(buffer, bytes) {
    return new Promise((resolve, reject) => {
      if (this.stopped) return;
      buffer.addEventListener("updateend", resolve, { once: true });
      buffer.addEventListener("error", () => reject(new Error("The browser refused a segment.")), { once: true });
      buffer.appendBuffer(bytes);
    });
  }

  async #advancing() {
    const patience = Date.now() + PATIENCE * 1000;
    const isPlaying = () => this.video.currentTime > 0.2 && this.video.getVideoPlaybackQuality().totalVideoFrames > 0;
    while (!this.stopped && !isPlaying()) {
      if (Date.now() > patience && !this.video.paused) this.fail(new Error(`No picture came in ${PATIENCE} seconds.`));
      await pause(100);
    }
    if (this.stopped) await new Promise(() => {});
  }

  #listen(name, listener) { this.video.addEventListener(name, listener, { signal: this.abort.signal }); }
}
