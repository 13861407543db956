#!/usr/bin/env python3
"""Works two servers over one catalog for a while, and ends by itself: 0 when everything was as it should be.

    soak.py [--requests N] [--minutes M] [--slow N] [--idle N] [--seed S] [--clip FILE] [--growth MIB]

Two `keyway serve` on two ports serve the same assets in every format under every encryption, with clear lead and crypto
periods. What is seen:

1. N random requests (whole, ranges, HEAD, conditions), half to each: the same object has the same hash at both, and each
   range is the slice of the whole.
2. Slow clients that read a segment at a kilobyte a second: what memory they cost over an idle server.
3. Idle connections: the same; a request beside them is answered.
4. M minutes of mixed load, with clients that go away in the middle: whether memory grows. The second half is compared with
   the first; more than MIB is a failure.

KEYWAY names the program (`.build/release/keyway` without). Memory is VmRSS, in MiB; nothing here is a limit on time.
"""
import argparse
import concurrent.futures
import hashlib
import http.client
import json
import os
import random
import re
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "Tests/Delivery"))
import objects  # noqa: E402

KEYWAY = os.environ.get("KEYWAY", os.path.join(ROOT, ".build/release/keyway"))
WORKERS = 8
POLICIES = """
kind: DeliveryPolicy
name: soak-clear
protocols: [hls, dash, smooth, progressive]
encryption: none
---
kind: DeliveryPolicy
name: soak-envelope
protocols: [hls, dash]
encryption: envelope
---
kind: DeliveryPolicy
name: soak-cenc
protocols: [hls, dash, smooth]
encryption: cenc
signalling: [clearkey, playready]
---
kind: DeliveryPolicy
name: soak-cbcs
protocols: [hls, dash]
encryption: cbcs
---
kind: DeliveryPolicy
name: soak-lead
protocols: [hls, dash]
encryption: cbcs
clearLead: 3s
---
kind: DeliveryPolicy
name: soak-periods
protocols: [hls, dash]
encryption: envelope
cryptoPeriod: 3s
---
kind: AuthorizationPolicy
name: soak-viewers
options: [{ name: all, delivery: [aes, clearkey], restrictions: [open] }]
"""
# An asset each, since an asset's tracks keep the keys that they first had.
PUBLISHED = {
    "clear": ["soak-clear"], "protected": ["soak-envelope", "soak-cenc", "soak-cbcs"], "lead": ["soak-lead"],
    "periods": ["soak-periods"],
}


def keyway(*arguments):
    return subprocess.run([KEYWAY, *arguments], stdout=subprocess.PIPE, text=True, check=True).stdout


def publish(folder, clip):
    """The paths of all manifests, and of the files."""
    with open(folder + "/policies.yaml", "w", encoding="ascii") as file:
        file.write(POLICIES)
    keyway("apply", folder + "/policies.yaml")
    paths = []
    for name, policies in PUBLISHED.items():
        keyway("asset", "upload", name, clip)
        options = [word for policy in policies for word in ("--delivery", policy)]
        viewers = [] if name == "clear" else ["--auth", "soak-viewers"]
        made = json.loads(keyway("publish", name, *options, *viewers, "--json"))
        paths += [urllib.parse.urlsplit(stream["url"]).path for stream in made["streams"]]
    return sorted(set(paths))


class Node:
    """One server."""

    def __init__(self, folder):
        environment = dict(os.environ, KEYWAY_LISTEN_ORIGIN="127.0.0.1:0", KEYWAY_LISTEN_ADMIN="127.0.0.1:0")
        # Without a reader at its end, a pipe would fill.
        with open(folder + "/errors", "a", encoding="ascii") as errors:
            self.process = subprocess.Popen(
                [KEYWAY, "serve"], stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
        for line in self.process.stdout:
            if found := re.match(r"listening origin http://(\S+)", line):
                self.host, port = found[1].split(":")
                self.port = int(port)
                break
        else:
            sys.exit("soak: a server did not start")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def memory(self):
        """MiB that are resident."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) / 1024

    def connect(self):
        return http.client.HTTPConnection(self.host, self.port, timeout=120)

    def socket(self):
        return socket.create_connection((self.host, self.port), timeout=120)

    def stop(self):
        self.process.terminate()
        return self.process.wait(60)


class Known:
    """What an object is: asked for once, of the first node, and kept on disk."""

    def __init__(self, folder):
        self.folder, self.lock, self.entries = folder, threading.Lock(), {}

    def __call__(self, path, connection):
        with self.lock:
            if path in self.entries:
                return self.entries[path]
        status, headers, body = ask(connection, path)
        assert status == 200, (status, path)
        name = hashlib.sha256(path.encode()).hexdigest()
        with open(f"{self.folder}/{name}", "wb") as file:
            file.write(body)
        entry = (headers["ETag"], len(body), hashlib.sha256(body).digest(), f"{self.folder}/{name}")
        with self.lock:
            self.entries[path] = entry
        return entry


def ask(connection, path, method="GET", **headers):
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


def look(choice, path, connection, known):
    """One random request for an object, and whether it is answered as the other node answers."""
    tag, size, digest, file = known
    way = choice.randrange(4)
    if way == 0:
        status, headers, body = ask(connection, path)
        assert status == 200 and hashlib.sha256(body).digest() == digest, ("another object", path)
    elif way == 1:
        status, headers, body = ask(connection, path, "HEAD")
        assert status == 200 and not body and int(headers["Content-Length"]) == size, ("HEAD", path)
    elif way == 2:
        first = choice.randrange(size)
        last = choice.randrange(first, size)
        status, headers, body = ask(connection, path, Range=f"bytes={first}-{last}")
        with open(file, "rb") as whole:
            whole.seek(first)
            assert status == 206 and body == whole.read(last - first + 1), ("range", path, first, last)
        assert headers["Content-Range"] == f"bytes {first}-{last}/{size}", ("Content-Range", path)
    else:
        status, headers, body = ask(connection, path, If_None_Match=tag)
        assert status == 304 and not body, ("condition", path)
    assert headers["ETag"] == tag, ("ETag", path)


def compare(nodes, paths, known, count, seed):
    """Random requests, of several clients at once."""

    def work(number):
        choice = random.Random(f"{seed} {number}")
        connections = [node.connect() for node in nodes]
        for _ in range(count // WORKERS):
            path = choice.choice(paths)
            entry = known(path, connections[0])
            look(choice, path, choice.choice(connections), entry)
        return count // WORKERS

    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        return sum(pool.map(work, range(WORKERS)))


def slow(node, paths, known, count):
    """Memory that clients cost who each read a segment at a kilobyte a second; MiB."""
    large = sorted(paths, key=lambda path: -known[path][1])[:40]
    before, clients = node.memory(), []
    for number in range(count):
        client = node.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(f"GET {large[number % len(large)]} HTTP/1.1\r\nHost: soak\r\n\r\n".encode())
        clients.append(client)
    most = before
    for _ in range(10):
        for client in clients:
            assert client.recv(1024), "a slow client was left alone"
        most = max(most, node.memory())
        time.sleep(1)
    for client in clients:
        client.close()
    return most - before


def idle(node, count, path):
    """Memory of connections that ask for nothing, and seconds until a request beside them is answered."""
    before, clients = node.memory(), []
    for _ in range(count):
        clients.append(node.socket())
    time.sleep(2)
    started = time.monotonic()
    assert ask(node.connect(), path)[0] == 200
    took, after = time.monotonic() - started, node.memory()
    for client in clients:
        client.close()
    return after - before, took


def mixed(nodes, paths, known, minutes, seed):
    """Requests without end, some of which are left; memory of each node every few seconds."""
    end = time.monotonic() + minutes * 60

    def work(number):
        choice, done = random.Random(f"{seed} mixed {number}"), 0
        connections = [node.connect() for node in nodes]
        while time.monotonic() < end:
            path, which = choice.choice(paths), choice.randrange(len(nodes))
            if choice.randrange(10) == 0:
                client = nodes[which].socket()
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: soak\r\n\r\n".encode())
                client.recv(choice.randrange(1, 4096))
                client.close()
            else:
                look(choice, path, connections[which], known(path, connections[0]))
            done += 1
        return done

    samples = []
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        works = [pool.submit(work, number) for number in range(WORKERS)]
        while time.monotonic() < end:
            time.sleep(min(5, max(0.1, minutes * 60 / 40)))
            samples.append([node.memory() for node in nodes])
        return sum(work.result() for work in works), samples


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--slow", type=int, default=1000)
    parser.add_argument("--idle", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--growth", type=float, default=64)
    parser.add_argument("--clip", default=os.path.join(ROOT, "Tests/Media/bigbuckbunny_720p.mp4"))
    options = parser.parse_args()
    wanted = max(options.idle, options.slow) + 1000
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < wanted:
        sys.exit(f"soak: needs {wanted} open files, and may have {hard}: raise 'ulimit -Hn'")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    with tempfile.TemporaryDirectory() as folder:
        # Manifests name the keys' address, which is to be the same at both.
        os.environ.update(KEYWAY_DATA=folder + "/data", KEYWAY_URL="", KEYWAY_KEYS_URL="https://keys.example")
        os.makedirs(folder + "/data")
        os.makedirs(folder + "/known")
        manifests = publish(folder, options.clip)
        nodes = [Node(folder), Node(folder)]
        try:
            return soak(nodes, manifests, Known(folder + "/known"), options)
        finally:
            for node in nodes:
                node.stop()


def soak(nodes, manifests, known, options):
    first = nodes[0].connect()
    paths = objects.below(manifests, lambda path: ask(first, path)[2].decode())
    done = compare(nodes, paths, known, options.requests, options.seed)
    print(f"equal    {done} requests for {len(known.entries)} of {len(paths)} objects of {len(manifests)} manifests")
    segments = [path for path in paths if path.endswith((".m4s", ".ts")) and known(path, first)]
    cost = slow(nodes[0], segments, known.entries, options.slow)
    print(f"slow     {options.slow} clients cost {cost:.0f} MiB, {cost * 1024 / max(options.slow, 1):.0f} KiB each")
    cost, took = idle(nodes[1], options.idle, manifests[0])
    print(f"idle     {options.idle} connections cost {cost:.0f} MiB; a manifest beside them took {took * 1000:.0f} ms")
    done, samples = mixed(nodes, paths, known, options.minutes, options.seed)
    half, failed = len(samples) // 2, False
    for number in range(len(nodes)):
        series = [sample[number] for sample in samples]
        growth = max(series[half:]) - max(series[:half] or series)
        failed = failed or growth > options.growth
        print(f"memory   node {number}: {series[0]:.0f} MiB, {max(series):.0f} at most, {series[-1]:.0f} at the end; "
              f"{growth:+.0f} in the second half")
    print(f"mixed    {done} requests in {options.minutes:g} minutes")
    for node in nodes:
        if node.process.poll() is not None:
            sys.exit(f"soak: a server ended with {node.process.returncode}")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AssertionError as error:
        sys.exit(f"soak: {error}")
