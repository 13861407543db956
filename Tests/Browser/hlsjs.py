#!/usr/bin/env python3
"""Runs a script of the players' cookbook with hls.js in headless Chromium, on a page of another origin than the media's.

    TOKEN=… hlsjs.py LIBRARY SCRIPT URL KEYS   →   one JSON object: what came of it

LIBRARY is a bundle that hls.js is a module of, SCRIPT what a page would have: it is given `Hls`, `video`, `token`, `URL` and `KEYS`.
"""
import http.server
import json
import os
import re
import shutil
import signal
import sys
import threading
import time

import webdriver

PAGE = "<!doctype html><title>hls.js</title><body><video muted autoplay></video>"

START = """
const [script, URL, KEYS, token, done] = arguments;
import("/hls.js").then(({Hls}) => {
    const video = document.querySelector("video"), errors = [];
    class Watched extends Hls {
        constructor(settings) {
            super(settings);
            this.on(Hls.Events.ERROR, (_, {details, fatal, response}) =>
                errors.push({details, fatal, status: response ? response.code : 0}));
        }
    }
    window.seen = {video, errors, version: Hls.version};
    video.playbackRate = 4;
    return (new Function("Hls", "video", "token", "URL", "KEYS", `return (async () => {${script}})()`))(
        Watched, video, token, URL, KEYS);
}).then(() => done(""), (error) => done(String(error)));
"""

FACTS = """
const {video, errors, version} = window.seen, quality = video.getVideoPlaybackQuality();
return {version, errors, ended: video.ended, time: video.currentTime, frames: quality.totalVideoFrames,
        sound: video.webkitAudioDecodedByteCount, failure: video.error ? video.error.message : ""};
"""


def module(path):
    """The bundle, with the class that it keeps to itself as an export."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    name = re.search(r"(\w+)\.ErrorTypes\.MEDIA_ERROR", text).group(1)
    return text.replace("export{", f"export{{{name} as Hls,", 1).encode()


def site(library):
    bodies = {"/": ("text/html", PAGE.encode()), "/hls.js": ("text/javascript", module(library))}

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            kind, body = bodies.get(self.path, ("text/plain", b""))
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main():
    library, script, url, keys = sys.argv[1:5]
    signal.signal(signal.SIGALRM, webdriver.out_of_time)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.alarm(webdriver.WHOLE_TIMEOUT)
    server = site(library)
    driver = webdriver.Driver(shutil.which("chromedriver"), shutil.which("chromium"))
    try:
        driver.call("POST", "/timeouts", {"script": 110000})
        driver.call("POST", "/url", {"url": f"http://127.0.0.1:{server.server_port}/"})
        failure = driver.call("POST", "/execute/async", {"script": START, "args": [
            script, url, keys, os.environ.get("TOKEN", "")]})
        facts = {"failure": failure, "errors": []} if failure else driver.script(FACTS)
        while not (facts["failure"] or facts["ended"] or any(error["fatal"] for error in facts["errors"])
                   or time.monotonic() > driver.patience):
            time.sleep(0.2)
            facts = driver.script(FACTS)
        print(json.dumps(facts))
    finally:
        driver.close()
        server.shutdown()


main()
