#!/usr/bin/env python3
"""Plays encrypted files in headless Chromium: Media Source Extensions, and ClearKey with the one key that is given.

The first argument is the key's and the second the key id's hexadecimal digits, the third a folder with `items.json`: a
list of objects with `file`, `kind` (video or audio), `mime`, `scheme` and, where there are several, `keys`: pairs of a
key's and a key id's digits. Prints a list of what came of each as JSON.
"""
import functools
import http.server
import json
import pathlib
import shutil
import sys
import threading

import play

PAGE = "<!doctype html><title>decrypt</title><body>"

SCRIPT = """
const [item, key, keyID, done] = arguments;
const encoded = (hex) => btoa(hex.match(/../g).map((two) => String.fromCharCode(parseInt(two, 16))).join(""))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const once = (target, name) => new Promise((resolve) => target.addEventListener(name, resolve, {once: true}));
const video = document.createElement("video");
video.muted = true;
document.body.append(video);
const report = (outcome) => {
    const quality = video.getVideoPlaybackQuality();
    const facts = {outcome, time: video.currentTime, frames: quality.totalVideoFrames,
                   audio: video.webkitAudioDecodedByteCount, error: video.error ? video.error.message : ""};
    video.remove();
    done(facts);
};
(async () => {
    const access = await navigator.requestMediaKeySystemAccess("org.w3.clearkey", [{
        initDataTypes: ["cenc"],
        [item.kind + "Capabilities"]: [{contentType: item.mime, encryptionScheme: item.scheme}]}]);
    const keys = await access.createMediaKeys();
    await video.setMediaKeys(keys);
    video.addEventListener("encrypted", async (event) => {
        const session = keys.createSession();
        session.addEventListener("message", () => session.update(new TextEncoder().encode(JSON.stringify(
            {keys: (item.keys || [[key, keyID]]).map(([k, kid]) => ({kty: "oct", k: encoded(k), kid: encoded(kid)})),
             type: "temporary"}))));
        await session.generateRequest(event.initDataType, event.initData);
    });
    const source = new MediaSource();
    video.src = URL.createObjectURL(source);
    await once(source, "sourceopen");
    const buffer = source.addSourceBuffer(item.mime);
    buffer.appendBuffer(await (await fetch(item.file)).arrayBuffer());
    await once(buffer, "updateend");
    source.endOfStream();
    video.playbackRate = 4;
    video.play().catch(() => {});
    await Promise.race([once(video, "ended"), once(video, "error"), new Promise((end) => setTimeout(end, 100000))]);
    report(video.ended ? "ended" : "stopped");
})().catch((error) => report(String(error)));
"""


class Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def main():
    key, key_id, folder = sys.argv[1:4]
    items = json.loads((pathlib.Path(folder) / "items.json").read_text())
    (pathlib.Path(folder) / "index.html").write_text(PAGE)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    driver = play.Driver(shutil.which("chromedriver"), shutil.which("chromium"))
    try:
        driver.call("POST", "/timeouts", {"script": 110000})
        driver.call("POST", "/url", {"url": f"http://127.0.0.1:{server.server_port}/index.html"})
        print(json.dumps([
            driver.call("POST", "/execute/async", {"script": SCRIPT, "args": [item, key, key_id]}) for item in items]))
    finally:
        driver.close()
        server.shutdown()


main()
