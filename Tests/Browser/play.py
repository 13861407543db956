#!/usr/bin/env python3
"""Plays one stream of the demo's player page in headless Chromium through chromedriver, and judges what came of it.

Only the standard library: W3C WebDriver is JSON over HTTP. Prints one JSON line; exit 0 when it is as expected.
"""
import argparse
import base64
import http.client
import json
import signal
import socket
import struct
import subprocess
import sys
import time
import zlib


class Driver:
    def __init__(self, chromedriver, chromium):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [chromedriver, f"--port={self.port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.session = None
        for _ in range(100):
            try:
                if self.call("GET", "/status")["ready"]:
                    break
            except OSError:
                time.sleep(0.1)
        arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,1000",
                     "--autoplay-policy=no-user-gesture-required"]
        options = {"args": arguments}
        if chromium:
            options["binary"] = chromium
        capabilities = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}}
        self.session = self.call("POST", "/session", capabilities)["sessionId"]

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        prefix = f"/session/{self.session}" if self.session and not path.startswith("/status") else ""
        connection.request(method, prefix + path, json.dumps(body) if body is not None else None)
        answer = json.loads(connection.getresponse().read())["value"]
        if isinstance(answer, dict) and answer.get("error"):
            raise RuntimeError(answer.get("message", answer["error"]))
        return answer

    def script(self, code):
        return self.call("POST", "/execute/sync", {"script": code, "args": []})

    def close(self):
        try:
            if self.session:
                self.call("DELETE", "")
        except Exception:
            pass
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()


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
        frames: quality.totalVideoFrames, audio: video.webkitAudioDecodedByteCount,
        requests: window.keyway.requests.map((r) => `${r.status} ${r.code}`.trim())};
"""


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
    signal.alarm(90)
    driver = Driver(options.chromedriver, options.chromium)
    try:
        driver.call("POST", "/url", {"url": f"{options.url}#stream={options.stream}&token={options.token}&play=1"})
        facts, deadline = {}, time.time() + 60
        while time.time() < deadline:
            facts = driver.script(FACTS)
            if facts["state"] in ("playing", "refused", "error"):
                break
            time.sleep(0.2)
        first = facts.get("time", 0)
        time.sleep(1)
        facts = driver.script(FACTS)
        element = next(iter(driver.call("POST", "/element", {"using": "css selector", "value": "#video"}).values()))
        picture = base64.b64decode(driver.call("GET", f"/element/{element}/screenshot"))
        facts["colours"] = colours(picture)
        if options.screenshot:
            with open(options.screenshot, "wb") as file:
                file.write(base64.b64decode(driver.call("GET", "/screenshot")))
        if options.expect == "playing":
            good = (facts["state"] == "playing" and facts["time"] > first and facts["frames"] > 0
                    and facts["audio"] > 0 and facts["colours"] > 500)
        else:
            good = facts["state"] == "refused" and facts["time"] == 0 and bool(facts["message"])
        print(json.dumps({"good": good, **facts}))
        return 0 if good else 1
    finally:
        driver.close()


if __name__ == "__main__":
    sys.exit(main())
