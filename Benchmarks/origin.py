#!/usr/bin/env python3
"""Measures the origin of a release build: CPU seconds of the server for each GB sent, for every form and encryption, with
segments of 6 s at 5 Mb/s; microseconds for a manifest; the first byte of an idle server; the memory that slow readers cost.

The server has one core, the client the other. In the same run, on the same core, nginx sends files of the same size, and
OpenSSL tells what the ciphers alone cost. Every figure is the cheapest of some runs of two seconds, the dearest beside it.
"""
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

import load
import peers
from bench import Server, dash_segments, hls_segments, keyway, KEYWAY, ROOT

HERE = os.path.dirname(os.path.abspath(__file__))
RUNS = int(os.environ.get("BENCH_RUNS", "4"))
CONNECTIONS = 16
SLOW = 64
# Of the cases' names; only those are measured.
ONLY = re.compile(os.environ.get("BENCH_ONLY", ""))
# What is measured with media that is not encrypted in storage, too: as that of the peers is not.
PLAIN = [(form, encryption) for form in ["m3u8-aapl", "m3u8-cmaf"] for encryption in ["none", "envelope", "cenc", "cbcs"]]
# What is measured with the memory of segments, too: there all forms cost the same.
AGAIN = [("m3u8-aapl", "envelope"), ("mpd-time-cmaf", "cenc")]
POLICIES = """
kind: DeliveryPolicy
name: bench-clear
protocols: [hls, dash, smooth]
encryption: none
---
kind: DeliveryPolicy
name: bench-envelope
protocols: [hls, dash]
encryption: envelope
---
kind: DeliveryPolicy
name: bench-cenc
protocols: [hls, dash, smooth]
encryption: cenc
signalling: [clearkey, playready]
---
kind: DeliveryPolicy
name: bench-cbcs
protocols: [hls, dash]
encryption: cbcs
---
kind: AuthorizationPolicy
name: bench-viewers
options: [{ name: all, delivery: [aes, clearkey], restrictions: [open] }]
"""


def make_clip(path):
    """A minute of noise: key frames every 6 s, 5 Mb/s."""
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=25:d=60,noise=alls=20:allf=t", "-f", "lavfi",
         "-i", "sine=440:d=60", "-c:v", "libx264", "-preset", "veryfast", "-b:v", "5M", "-minrate", "5M", "-maxrate", "5M",
         "-bufsize", "5M", "-g", "150", "-keyint_min", "150", "-sc_threshold", "0", "-c:a", "aac", "-b:a", "128k", path],
        check=True)


def make_ladder(folder):
    """Two minutes in five renditions, as manifests show them; what is in the segments does not matter there."""
    sizes = ["320x180", "480x270", "640x360", "960x540", "1280x720"]
    split = ";".join(f"[s{number}]scale={size}[v{number}]" for number, size in enumerate(sizes))
    outputs, names = [], []
    for number in range(len(sizes)):
        names.append(f"{folder}/ladder-{number}.mp4")
        sound = ["-map", "1:a", "-c:a", "aac"] if number == 0 else []
        outputs += ["-map", f"[v{number}]", *sound, "-c:v", "libx264", "-preset", "ultrafast", "-b:v", f"{200 * (number + 1)}k",
                    "-g", "50", "-keyint_min", "50", "-sc_threshold", "0", names[-1]]
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=25:d=120", "-f", "lavfi", "-i", "sine=440:d=120",
         "-filter_complex", "[0:v]split=5" + "".join(f"[s{number}]" for number in range(len(sizes))) + ";" + split, *outputs],
        check=True)
    return names


def prepare(folder):
    make_clip(folder + "/clip.mp4")
    with open(folder + "/policies.yaml", "w", encoding="ascii") as file:
        file.write(POLICIES)
    keyway("apply", folder + "/policies.yaml")


def publish(folder, asset, storage, files=None):
    """The manifests' paths, by form and encryption."""
    keyway("asset", "upload", asset, *(files or [folder + "/clip.mp4"]), "--storage-encryption", storage)
    paths = {}
    for name in ["clear", "envelope", "cenc", "cbcs"]:
        viewers = [] if name == "clear" else ["--auth", "bench-viewers"]
        made = json.loads(keyway("publish", asset, "--delivery", "bench-" + name, *viewers, "--json"))
        for stream in made["streams"]:
            paths[stream["format"], stream["encryption"]] = urllib.parse.urlsplit(stream["url"]).path
    return paths


def segments(host, file, seconds=2.0, connections=CONNECTIONS):
    run = subprocess.run([sys.executable, HERE + "/segments.py", str(seconds), str(connections), host, file],
                         capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"bench: {run.stderr}")
    return json.loads(run.stdout)


def measure(name, host, pids, paths, folder):
    """CPU seconds a GB: the median, the least and the most; GB/s; the first byte in ms."""
    file = folder + "/paths"
    with open(file, "w", encoding="ascii") as out:
        out.writelines(path + "\n" for path in paths)
    segments(host, file, 0.5)
    costs, rate, first = [], 0, None
    for _ in range(RUNS):
        before = load.cpu(pids)
        run = segments(host, file)
        costs.append((load.cpu(pids) - before) / run["bytes"] * 1e9)
        rate = max(rate, run["bytes"] / run["seconds"] / 1e9)
    # On an idle server, one after the other.
    first = segments(host, file, 1, 1)["first"] * 1000
    print(f"{name:40} {statistics.median(costs):6.3f} CPU s/GB ({min(costs):.3f} to {max(costs):.3f})  {rate:5.2f} GB/s  first byte {first:5.2f} ms",
          file=sys.stderr, flush=True)
    return name, statistics.median(costs), min(costs), max(costs), rate, first


def video_segments(server, form, path):
    url = server.address + path
    if not form.startswith(("mpd", "m3u8")):
        return []
    found = (dash_segments if form.startswith("mpd") else hls_segments)(server, url)
    paths = {urllib.parse.urlsplit(segment).path for segment in found}
    return sorted(path for path in paths if "/video" in path)


def nginx_segments(folder, size):
    """nginx with ten files of a segment's size."""
    os.makedirs(folder + "/nginx/root", exist_ok=True)
    names = [f"segment-{number}" for number in range(10)]
    for name in names:
        with open(f"{folder}/nginx/root/{name}", "wb") as file:
            file.write(os.urandom(size))
    with peers.nginx(folder + "/nginx") as server:
        return measure("nginx, files", urllib.parse.urlsplit(server.address).netloc, server.pids,
                       ["/" + name for name in names], folder)


def slow_readers(server, path):
    """Resident MB before and while readers take nothing."""
    host, port = urllib.parse.urlsplit(server.address).netloc.rsplit(":", 1)
    before = load.resident(server.process.pid)
    readers = []
    for _ in range(SLOW):
        reader = socket.create_connection((host, int(port)))
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.sendall(f"GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n".encode())
        readers.append(reader)
    time.sleep(2)
    during = load.resident(server.process.pid)
    for reader in readers:
        reader.close()
    return before, during


def make_film(path):
    """Two hours: a minute at 400 kb/s with key frames every 6 s, over and over."""
    with tempfile.TemporaryDirectory() as folder:
        minute = folder + "/minute.mp4"
        subprocess.run(
            ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=60", "-f", "lavfi", "-i",
             "sine=440:d=60", "-c:v", "libx264", "-preset", "veryfast", "-b:v", "400k", "-g", "150", "-keyint_min", "150",
             "-sc_threshold", "0", "-c:a", "aac", "-b:a", "64k", minute], check=True)
        subprocess.run(["ffmpeg", "-v", "error", "-stream_loop", "119", "-i", minute, "-c", "copy", path], check=True)


def cold(folder, other):
    """Milliseconds of a film's first manifest and of its first segment in the middle, of servers that have just started and
    answered for something else; medians."""
    make_film(folder + "/film.mp4")
    keyway("asset", "upload", "film", folder + "/film.mp4")
    made = json.loads(keyway("publish", "film", "--delivery", "bench-cenc", "--auth", "bench-viewers", "--json"))
    form = "mpd-time-cmaf"
    path = next(urllib.parse.urlsplit(stream["url"]).path for stream in made["streams"] if stream["format"] == form)
    times = []
    for _ in range(max(RUNS, 4)):
        server = Server(peers.ON_CORE_0)
        try:
            # The connection, too, is made before.
            server.get(server.address + other)
            server.get(server.address + video_segments(server, form, other)[0])
            start = time.perf_counter()
            server.get(server.address + path)
            manifest = time.perf_counter()
            found = video_segments(server, form, path)
            middle = time.perf_counter()
            server.get(server.address + found[len(found) // 2])
            times.append(((manifest - start) * 1000, (time.perf_counter() - middle) * 1000))
        finally:
            server.stop()
    return [statistics.median(column) for column in zip(*times)]


def cipher_limits():
    """CPU seconds a GB of each cipher alone, on one core."""
    limits = {}
    for cipher in ["aes-128-ctr", "aes-256-ctr", "aes-128-cbc"]:
        run = subprocess.run(["taskset", "-c", "0", "openssl", "speed", "-mr", "-seconds", "1", "-bytes", "65536", "-evp",
                              cipher], capture_output=True, text=True, check=False)
        if found := re.search(r"^\+F:\S+:([\d.]+)$", run.stdout, re.MULTILINE):
            limits[cipher] = 1e9 / float(found[1])
    return limits


def every_form(folder, paths, how):
    """The rows of a server of its own, and the size of a segment."""
    server = Server(peers.ON_CORE_0)
    rows, size = [], 0
    try:
        host = urllib.parse.urlsplit(server.address).netloc
        for (form, encryption), path in sorted(paths.items()):
            name = f"{form}, {encryption}, {how}"
            found = video_segments(server, form, path) if ONLY.search(name) else []
            if found:
                size = size or len(server.get(server.address + found[0]))
                rows.append(measure(name, host, [server.process.pid], found, folder))
    finally:
        server.stop()
    return rows, size


def main(folder):
    prepare(folder)
    paths = publish(folder, "bench", "on")
    plain = publish(folder, "plain", "off")
    manifests = []
    os.environ["KEYWAY_ORIGIN_MEMORY"] = "0"
    rows, size = every_form(folder, paths, "made anew")
    plain = {key: path for key, path in plain.items() if key in PLAIN}
    rows += every_form(folder, plain, "made anew, not encrypted in storage")[0]
    del os.environ["KEYWAY_ORIGIN_MEMORY"]
    again = {key: path for key, path in paths.items() if key in AGAIN}
    rows += every_form(folder, again, "again")[0]
    ladder = publish(folder, "ladder", "on", make_ladder(folder)) if ONLY.search("manifest") else {}
    server = Server(peers.ON_CORE_0)
    try:
        pids = [server.process.pid]
        for (form, encryption), path in sorted(ladder.items()):
            name = f"manifest {form}, {encryption}"
            if (encryption == "cenc" or form.startswith("m3u8")) and ONLY.search(name):
                requests = load.Requests(folder, "manifest", [path])
                manifests.append(load.measure(name, server.address, pids, requests, 2, RUNS))
        slow = slow_readers(server, video_segments(server, "mpd-time-cmaf", paths["mpd-time-cmaf", "cenc"])[0])
    finally:
        server.stop()
    rows.insert(0, nginx_segments(folder, size or 4_000_000))
    with peers.nginx(folder + "/nginx") as peer:
        manifests.insert(0, load.measure("nginx, a file of 16 bytes", peer.address, peer.pids,
                                         load.Requests(folder, "static", ["/key"]), 2, RUNS))
    tell(rows, manifests, slow, size)
    if ONLY.search("cold"):
        manifest, segment = cold(folder, paths["mpd-time-cmaf", "cenc"])
        print(f"A film of two hours, first asked for: manifest {manifest:.1f} ms, segment {segment:.1f} ms.")


def tell(rows, manifests, slow, size):
    limits = ", ".join(f"{name} {cost:.3f}" for name, cost in cipher_limits().items())
    print(f"\nSegments of {size:,} bytes, {CONNECTIONS} connections; ciphers alone, CPU s/GB: {limits}\n")
    print("| case | CPU s/GB, median (least) | × nginx | GB/s | first byte, ms |\n|---|---|---|---|---|")
    for name, median, least, _, rate, first in rows:
        print(f"| {name} | {median:.3f} ({least:.3f}) | {median / rows[0][1]:.2f} | {rate:.2f} | {first:.2f} |")
    print("\n| case | CPU µs a request | × nginx | requests/s |\n|---|---|---|---|")
    for row in manifests:
        print(f"| {row.name} | {row.least:.1f} (–{max(row.runs):.1f}) | {row.least / manifests[0].least:.2f} | {row.rate:,.0f} |")
    print(f"\nResident with {SLOW} readers that take nothing: {slow[1]:.0f} MB, {slow[0]:.0f} MB before.")


if __name__ == "__main__":
    os.environ.pop("KEYWAY_URL", None)
    with tempfile.TemporaryDirectory(prefix="keyway-bench-") as temporary:
        os.environ["KEYWAY_DATA"] = temporary
        main(temporary)
