#!/usr/bin/env python3
"""Shows every cue of a thumbnail track in headless Chromium, as players do, and prints the colour in the middle of each.

    thumbnails.py --url URL-of-thumbnails.vtt [--poster URL] [--player URL] --chromedriver PATH --chromium PATH

Prints one JSON document: the cues with their colours, the poster's size, and what the console's player at that URL shows
while the pointer is in the middle of its bar.
"""
import argparse
import json
import signal
import sys
import time

from webdriver import WHOLE_TIMEOUT, Driver, out_of_time

SHOW = """
const [url, poster, done] = arguments;
const picture = async (address) => {
  const image = new Image();
  image.crossOrigin = "anonymous";
  image.src = address;
  await image.decode();
  return image;
};
(async () => {
  const track = document.createElement("track");
  const video = document.createElement("video");
  video.crossOrigin = "anonymous";
  Object.assign(track, { kind: "metadata", src: url, default: true });
  const loaded = new Promise((resolve, reject) => Object.assign(track, { onload: resolve, onerror: reject }));
  video.append(track);
  document.body.append(video);
  track.track.mode = "hidden";
  await loaded;
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const cues = [];
  for (const cue of track.track.cues) {
    const [address, place] = cue.text.split("#xywh=");
    const [x, y, width, height] = place.split(",").map(Number);
    const image = await picture(new URL(address, url).href);
    Object.assign(canvas, { width, height });
    context.drawImage(image, x, y, width, height, 0, 0, width, height);
    const colour = [...context.getImageData(width / 2, height / 2, 1, 1).data].slice(0, 3);
    cues.push({ start: cue.startTime, end: cue.endTime, colour, sheet: [image.naturalWidth, image.naturalHeight] });
  }
  const shown = poster ? await picture(poster) : null;
  return { cues, poster: shown && [shown.naturalWidth, shown.naturalHeight] };
})().then(done, (error) => done({ error: String(error?.message ?? error?.type ?? error) }));
"""


BAR = """
const bar = document.getElementById("scrub");
return Boolean(window.keyway) && !bar.hidden && document.getElementById("video").poster !== "";
"""

POINT = """
const range = document.querySelector("#scrub input"), place = range.getBoundingClientRect();
range.dispatchEvent(new PointerEvent("pointermove", { clientX: place.x + place.width / 2, clientY: place.y + 2 }));
"""

SHOWN = """
const canvas = document.querySelector("#scrub canvas");
return { hidden: canvas.hidden, size: [canvas.width, canvas.height], errors: window.keyway.errors,
         time: document.querySelector("#scrub output").textContent, poster: document.getElementById("video").poster };
"""


def until(driver, done):
    while not done():
        if time.monotonic() > driver.patience:
            raise TimeoutError("the player's bar does not come")
        time.sleep(0.1)


def scrub(driver, url):
    driver.call("POST", "/url", {"url": url})
    until(driver, lambda: driver.script("return window.keyway !== undefined"))
    driver.script("document.getElementById('form').requestSubmit();")
    until(driver, lambda: driver.script(BAR))
    driver.script(POINT)
    until(driver, lambda: not driver.script(SHOWN)["hidden"])
    return driver.script(SHOWN)


def main():
    parser = argparse.ArgumentParser()
    for name in ("url", "poster", "player", "chromedriver", "chromium"):
        parser.add_argument(f"--{name}", default="")
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(WHOLE_TIMEOUT)
    driver = Driver(options.chromedriver, options.chromium)
    try:
        # A page of the origin itself, so that tracks of it load.
        driver.call("POST", "/url", {"url": options.url})
        driver.call("POST", "/timeouts", {"script": 60000})
        page = "document.documentElement.innerHTML = '<body></body>';"
        found = driver.call("POST", "/execute/async", {"script": page + SHOW, "args": [options.url, options.poster]})
        if options.player:
            found["player"] = scrub(driver, options.player)
    finally:
        driver.close()
    print(json.dumps(found))
    return 1 if "error" in found else 0


sys.exit(main())
