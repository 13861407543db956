#!/usr/bin/env python3
"""Shows every cue of a thumbnail track in headless Chromium, as players do, and prints the colour in the middle of each.

    thumbnails.py --url URL-of-thumbnails.vtt [--poster URL] --chromedriver PATH --chromium PATH

Prints one JSON document: the cues with their colours, and the poster's size.
"""
import argparse
import json
import signal
import sys

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


def main():
    parser = argparse.ArgumentParser()
    for name in ("url", "poster", "chromedriver", "chromium"):
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
    finally:
        driver.close()
    print(json.dumps(found))
    return 1 if "error" in found else 0


sys.exit(main())
