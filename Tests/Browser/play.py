#!/usr/bin/env python3
"""Plays one stream of the demo's player page in headless Chromium through chromedriver, and judges what came of it.

Only the standard library: W3C WebDriver is JSON over HTTP. Prints one JSON line; exit 0 when it is as expected, else 1.
Ends within five minutes, a few seconds as a rule, and leaves no process behind.
"""
import argparse
import base64
import http.client
import json
import signal
import struct
import sys
import time
import zlib

from webdriver import WHOLE_TIMEOUT, Driver, out_of_time

# The browser draws its controls over a black video in some sixty greys; a picture has thousands of colours.
COLOURS_OF_A_PICTURE = 500


def colours(png):
    """How many different colours a PNG of 8-bit RGB or RGBA has, looked at in every fourth row and pixel."""
    at, data, header = 8, b"", None
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at:at + 8])
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", png[at + 8:at + 8 + length])
        if kind == b"IDAT":
            data += png[at + 8:at + 8 + length]
        at += 12 + length
    width, height, _, colour = header[:4]
    size = {2: 3, 6: 4}[colour]
    raw, stride, previous, seen = zlib.decompress(data), width * size, bytes(width * size), set()
    for row in range(height):
        start = row * (stride + 1)
        kind, line = raw[start], bytearray(raw[start + 1:start + 1 + stride])
        for i in range(stride):
            left = line[i - size] if i >= size else 0
            up, corner = previous[i], previous[i - size] if i >= size else 0
            if kind == 1:
                line[i] = (line[i] + left) & 255
            elif kind == 2:
                line[i] = (line[i] + up) & 255
            elif kind == 3:
                line[i] = (line[i] + (left + up) // 2) & 255
            elif kind == 4:
                guess = left + up - corner
                a, b, c = abs(guess - left), abs(guess - up), abs(guess - corner)
                line[i] = (line[i] + (left if a <= b and a <= c else up if b <= c else corner)) & 255
        if row % 4 == 0:
            seen.update(bytes(line[i:i + 3]) for i in range(0, stride, size * 4))
        previous = bytes(line)
    return len(seen)


FACTS = """
const video = document.getElementById("video"), quality = video.getVideoPlaybackQuality();
return {state: window.keyway.state, message: window.keyway.message, time: video.currentTime,
        frames: quality.totalVideoFrames, audio: video.webkitAudioDecodedByteCount, size: video.videoHeight,
        requests: window.keyway.requests.map((r) => `${r.status} ${r.code}`.trim())};
"""


def watch(driver, options):
    """What the page says and shows: its facts once it has decided, and once the film went on."""
    driver.call("POST", "/url", {"url": f"{options.url}#stream={options.stream}&token={options.token}&play=1"})
    facts = driver.script(FACTS)
    while facts["state"] not in ("playing", "refused", "error") and time.monotonic() < driver.patience:
        time.sleep(0.2)
        facts = driver.script(FACTS)
    first = facts["time"]
    time.sleep(1)
    facts = driver.script(FACTS)
    # A busy machine shows the next picture late.
    while options.expect == "playing" and not goes_on(first, facts) and time.monotonic() < driver.patience:
        time.sleep(0.2)
        facts = driver.script(FACTS)
    element = next(iter(driver.call("POST", "/element", {"using": "css selector", "value": "#video"}).values()))
    facts["colours"] = colours(base64.b64decode(driver.call("GET", f"/element/{element}/screenshot")))
    if options.screenshot:
        with open(options.screenshot, "wb") as file:
            file.write(base64.b64decode(driver.call("GET", "/screenshot")))
    return first, facts


def goes_on(first, facts):
    return facts["time"] > first and facts["frames"] > 0 and facts["audio"] > 0


def is_as_expected(expected, first, facts):
    if facts["state"] != expected:
        return False
    if expected == "refused":
        return facts["time"] == 0 and facts["frames"] == 0 and bool(facts["message"])
    return goes_on(first, facts) and facts["colours"] > COLOURS_OF_A_PICTURE


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--stream", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--expect", choices=["playing", "refused"], required=True)
    parser.add_argument("--screenshot")
    parser.add_argument("--chromedriver", default="chromedriver")
    parser.add_argument("--chromium")
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, out_of_time)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.alarm(WHOLE_TIMEOUT)
    driver, outcome = None, {"good": False}
    try:
        driver = Driver(options.chromedriver, options.chromium)
        first, facts = watch(driver, options)
        outcome = {"good": is_as_expected(options.expect, first, facts), **facts}
    except (OSError, RuntimeError, http.client.HTTPException, ValueError) as error:
        outcome["error"] = f"{type(error).__name__}: {error}"
    finally:
        if driver:
            driver.close()
    print(json.dumps(outcome))
    return 0 if outcome["good"] else 1


if __name__ == "__main__":
    sys.exit(main())
