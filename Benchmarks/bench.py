#!/usr/bin/env python3
"""Measures a release build of Keyway on this machine, with a real clip: encoding against real time, CPU seconds of the
server per GB sent for each encryption, microseconds per key. Physical limits of the same machine stand beside them.

Figures of CPU time can be compared between runs; requests per second depend on the client, which is this script.
"""
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import xml.etree.ElementTree as tree

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KEYWAY = os.environ.get("KEYWAY", os.path.join(ROOT, ".build/release/keyway"))
CLIP = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "Tests/Media/bigbuckbunny_720p.mp4")
SECONDS = float(os.environ.get("BENCH_SECONDS", "5"))
MPD = "{urn:mpeg:dash:schema:mpd:2011}"


def keyway(*arguments, text=None):
    """Runs a verb; its standard output."""
    run = subprocess.run([KEYWAY, *arguments], input=text, stdout=subprocess.PIPE, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"bench: keyway {' '.join(arguments)} ended with {run.returncode}")
    return run.stdout


class Server:
    """A running `keyway serve` and its origin's address."""

    def __init__(self, launcher=()):
        environment = dict(os.environ, KEYWAY_LISTEN_ORIGIN="127.0.0.1:0", KEYWAY_LISTEN_ADMIN="127.0.0.1:0")
        self.process = subprocess.Popen([*launcher, KEYWAY, "serve"], stdout=subprocess.PIPE, text=True, env=environment)
        for line in self.process.stdout:
            if found := re.match(r"listening origin (http://\S+)", line):
                self.address = found[1]
                break
        else:
            sys.exit("bench: the server did not start")
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.address).netloc, timeout=60)

    def cpu(self):
        """CPU seconds of the process so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def get(self, url, headers=None):
        parts = urllib.parse.urlsplit(url)
        self.connection.request("GET", parts.path + ("?" + parts.query if parts.query else ""), headers=headers or {})
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            sys.exit(f"bench: {url} answered {answer.status}: {body[:300]!r}")
        return body

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def hls_segments(server, url):
    """The URLs of all segments below a multivariant playlist."""
    lines = server.get(url).decode().splitlines()
    names = [line for line in lines if line and not line.startswith("#")]
    names += [found for line in lines for found in re.findall(r'#EXT-X-MEDIA:.*URI="([^"]+)"', line)]
    segments = []
    for playlist in {urllib.parse.urljoin(url, name) for name in names}:
        for line in server.get(playlist).decode().splitlines():
            if line and not line.startswith("#"):
                segments.append(urllib.parse.urljoin(playlist, line))
    return segments


def dash_segments(server, url):
    """The URLs of all segments of an MPD with SegmentTemplate and SegmentTimeline."""
    segments = []
    for adaptation in tree.fromstring(server.get(url)).iter(MPD + "AdaptationSet"):
        for representation in adaptation.iter(MPD + "Representation"):
            template = representation.find(MPD + "SegmentTemplate")
            template = adaptation.find(MPD + "SegmentTemplate") if template is None else template
            moment, number = 0, int(template.get("startNumber", "1"))
            for entry in template.iter(MPD + "S"):
                moment = int(entry.get("t", moment))
                for _ in range(int(entry.get("r", "0")) + 1):
                    name = template.get("media").replace("$RepresentationID$", representation.get("id"))
                    name = name.replace("$Bandwidth$", representation.get("bandwidth", ""))
                    name = name.replace("$Time$", str(moment)).replace("$Number$", str(number))
                    segments.append(urllib.parse.urljoin(url, name))
                    moment, number = moment + int(entry.get("d")), number + 1
    return segments


def measure(server, urls, headers=None):
    """Fetches the URLs round and round; (requests, bytes, CPU seconds of the server, seconds)."""
    for url in urls:
        server.get(url, headers)
    requests = size = 0
    cpu, start = server.cpu(), time.monotonic()
    while time.monotonic() - start < SECONDS:
        size += len(server.get(urls[requests % len(urls)], headers))
        requests += 1
    return requests, size, server.cpu() - cpu, time.monotonic() - start


def limits():
    """What one core of this machine can do, by OpenSSL: GB/s."""
    for cipher in ["aes-128-ctr", "aes-128-cbc"]:
        run = subprocess.run(
            ["openssl", "speed", "-mr", "-seconds", "1", "-bytes", "65536", "-evp", cipher],
            capture_output=True, text=True, check=False)
        if found := re.search(r"^\+F:\S+:([\d.]+)$", run.stdout, re.MULTILINE):
            speed = float(found[1]) / 1e9
            print(f"limit    {cipher:12} {speed:6.2f} GB/s  {1 / speed:6.3f} s/GB")


def duration(path):
    run = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path],
        capture_output=True, text=True, check=True)
    return float(run.stdout)


def main():
    limits()
    keyway("secret", "set", "demo-sts", text="benchmark-secret-of-32-characters")
    keyway("apply", os.path.join(ROOT, "Policies"), os.path.join(ROOT, "Keys"))
    server = Server()
    try:
        start = time.monotonic()
        keyway("encode", CLIP, "--asset", "bench", "--watch")
        elapsed = time.monotonic() - start
        print(f"encode   {duration(CLIP):.1f} s of video in {elapsed:.1f} s: {duration(CLIP) / elapsed:.2f} x real time")
        published = json.loads(keyway(
            "publish", "bench", "--auth", "demo-viewers", "--delivery", "hls-aes", "--delivery", "hls-cbcs",
            "--delivery", "dash-cenc", "--json"))
        for stream in published["streams"]:
            url = server.address + urllib.parse.urlsplit(stream["url"]).path
            segments = (dash_segments if stream["format"].startswith("mpd") else hls_segments)(server, url)
            requests, size, cpu, elapsed = measure(server, segments)
            print(f"origin   {stream['format']:14} {stream['encryption']:9} {cpu / size * 1e9:6.3f} cpu s/GB  "
                  f"{cpu / requests * 1e6:7.1f} cpu us/request  {size / elapsed / 1e9:5.2f} GB/s")
        token = keyway("token", "issue", "--policy", "demo-viewers", "--lifetime", "10m").strip()
        kid = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", keyway("key", "show", "demo-standalone"))[0]
        requests, _, cpu, elapsed = measure(
            server, [f"{server.address}/keys/aes?kid={kid}"], {"Authorization": f"Bearer {token}"})
        print(f"keys     aes, HS256      {cpu / requests * 1e6:7.1f} cpu us/request  {requests / elapsed:7.0f} requests/s")
    finally:
        server.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="keyway-bench-") as folder:
        os.environ["KEYWAY_DATA"] = folder
        os.environ.pop("KEYWAY_URL", None)
        main()
