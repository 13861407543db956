// Plays one stream through Media Source Extensions; Common Encryption through Encrypted Media Extensions with ClearKey,
// AES-128 with WebCrypto and the transmuxer.

import { readDASH, readHLS } from "./manifests.js";
import { Transmuxer } from "./transmux.js";

export class Playback {
  constructor(video, keys) { this.video = video; this.keys = keys; this.stopped = false; }

  /** Loads and plays; rejects when a key is refused or the media cannot be played. */
  async start(stream, clearkeyURL) {
    let tracks, licence = clearkeyURL;
    if (stream.kind === "dash") {
      const manifest = await readDASH(stream.url);
      tracks = manifest.tracks;
      licence = manifest.licence ?? clearkeyURL;
    } else {
      tracks = await readHLS(stream.url, stream.encryption);
    }
    const failed = new Promise((_, reject) => { this.fail = reject; });
    if (stream.encryption === "cenc" || stream.encryption === "cbcs") await this.#protect(tracks, stream.encryption, licence);
    this.video.addEventListener("error", () => this.fail(new Error(this.video.error?.message || "The media cannot be decoded.")));
    const source = new MediaSource();
    this.video.src = URL.createObjectURL(source);
    await new Promise((resolve) => source.addEventListener("sourceopen", resolve, { once: true }));
    const buffers = tracks.map((track) => source.addSourceBuffer(track.mime));
    const fed = Promise.all(tracks.map((track, index) => this.#feed(track, buffers[index]))).then(() => {
      if (source.readyState === "open") source.endOfStream();
    });
    this.video.play().catch(() => {});
    await Promise.race([fed, failed]);
    await Promise.race([this.#advancing(), failed]);
  }

  stop() { this.stopped = true; this.video.removeAttribute("src"); this.video.load(); }

  async #protect(tracks, scheme, licence) {
    const capability = (kind) => tracks.filter((t) => t.kind === kind).map((t) => ({ contentType: t.mime, encryptionScheme: scheme }));
    const access = await navigator.requestMediaKeySystemAccess("org.w3.clearkey", [{
      initDataTypes: ["cenc"], videoCapabilities: capability("video"), audioCapabilities: capability("audio"),
    }]);
    const mediaKeys = await access.createMediaKeys();
    await this.video.setMediaKeys(mediaKeys);
    const seen = new Set();
    this.video.addEventListener("encrypted", async (event) => {
      const id = [...new Uint8Array(event.initData)].join();
      if (seen.has(id) || this.stopped) return;
      seen.add(id);
      const session = mediaKeys.createSession();
      session.addEventListener("message", async (message) => {
        try { await session.update(await this.keys.licence(licence, message.message)); } catch (error) { this.fail(error); }
      });
      await session.generateRequest(event.initDataType, event.initData).catch((error) => this.fail(error));
    });
  }

  async #feed(track, buffer) {
    buffer.timestampOffset = track.timestampOffset;
    if (track.initialization) await this.#append(buffer, await this.#bytes(track.initialization));
    const transmuxer = track.container === "ts" ? new Transmuxer(track) : null;
    for (const segment of track.segments) {
      if (this.stopped) return;
      let bytes = await this.#bytes(segment.url);
      if (segment.key) bytes = await this.#decrypt(bytes, segment);
      if (transmuxer) bytes = transmuxer.transmux(new Uint8Array(bytes));
      await this.#append(buffer, bytes);
    }
  }

  async #decrypt(bytes, segment) {
    const key = await this.keys.aes(segment.key);
    const iv = Uint8Array.from(segment.iv.replace(/^0x/i, "").match(/../g), (pair) => parseInt(pair, 16));
    return crypto.subtle.decrypt({ name: "AES-CBC", iv }, key, bytes);
  }

  async #bytes(url) {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`Media was refused: ${answer.status}.`);
    return answer.arrayBuffer();
  }

  #append(buffer, bytes) {
    return new Promise((resolve, reject) => {
      buffer.addEventListener("updateend", resolve, { once: true });
      buffer.addEventListener("error", () => reject(new Error("The browser refused a segment.")), { once: true });
      try { buffer.appendBuffer(bytes); } catch (error) { reject(error); }
    });
  }

  /** Resolves once pictures come. */
  #advancing() {
    return new Promise((resolve) => {
      const look = () => {
        if (this.stopped) return;
        if (this.video.currentTime > 0.2 && this.video.getVideoPlaybackQuality().totalVideoFrames > 0) resolve();
        else setTimeout(look, 100);
      };
      look();
    });
  }
}
