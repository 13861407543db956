#!/usr/bin/env python3
"""Measures key delivery of a release build: CPU microseconds of the server per request, one core for the server and one for
wrk, with 64 kept connections; nginx answering a static file of 16 bytes is measured before and after in the same run.

Needs wrk and nginx (Debian: wrk, nginx-light). Every run ends by itself.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KEYWAY = os.environ.get("KEYWAY", os.path.join(ROOT, ".build/release/keyway"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "5"))
POLICIES = """
kind: AuthorizationPolicy
name: open
options: [{ name: o, delivery: [aes, clearkey], restrictions: [{ open: {} }] }]
---
kind: AuthorizationPolicy
name: web
options:
  - name: web
    delivery: [aes, clearkey]
    restrictions:
      - ip: { allow: [127.0.0.0/8] }
      - token:
          type: jwt
          issuer: https://sts.example.com
          audience: urn:example:films
          verificationKeys: [{ secret: bench, algorithms: [HS256] }]
          requiredClaims: { plan: premium }
"""


def keyway(*arguments, text=None):
    run = subprocess.run([KEYWAY, *arguments], input=text, stdout=subprocess.PIPE, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"bench: keyway {arguments[0]} ended with {run.returncode}")
    return run.stdout


def cpu(pids):
    """CPU seconds of processes so far."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def measure(name, pids, url, headers=(), status=200):
    """One line: CPU per request, rate, 99th percentile."""
    options = [part for header in headers for part in ("-H", header)]
    command = ["taskset", "-c", "1", "wrk", "-t1", "-c64", f"-d{SECONDS:.0f}s", "--latency", *options, url]
    best = None
    for _ in range(2):
        before = cpu(pids)
        run = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS + 30, check=True)
        used = cpu(pids) - before
        requests = int(re.search(r"(\d+) requests in", run.stdout)[1])
        errors = int((re.search(r"Non-2xx or 3xx responses: (\d+)", run.stdout) or [0, 0])[1])
        if (errors > 0) != (status >= 400) or requests == 0:
            sys.exit(f"bench: {name}: {requests} requests, {errors} refused")
        row = (used / requests * 1e6, requests / SECONDS, re.search(r"99%\s+(\S+)", run.stdout)[1])
        best = min(best or row, row)
    print(f"{name:34} {best[0]:7.1f} us CPU {best[1]:9.0f} requests/s   p99 {best[2]}", flush=True)


def listening(process):
    for line in process.stdout:
        if found := re.match(r"listening keys (\S+)", line):
            return found[1]
    sys.exit("bench: the server did not start")


def nginx(folder):
    """nginx with one worker on core 0; its processes and its address."""
    os.makedirs(folder + "/root", exist_ok=True)
    with open(folder + "/root/key", "wb") as file:
        file.write(b"0123456789abcdef")
    with open(folder + "/nginx.conf", "w", encoding="ascii") as file:
        # The folder is the caller's alone.
        user = "user root;" if os.geteuid() == 0 else ""
        file.write(f"""{user} daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
            events {{ worker_connections 1024; }}
            http {{ access_log off; keepalive_requests 1000000000;
                server {{ listen 127.0.0.1:18431; root {folder}/root; }} }}""")
    process = subprocess.Popen(["taskset", "-c", "0", "nginx", "-p", folder, "-c", folder + "/nginx.conf"])
    time.sleep(1)
    workers = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False)
    return process, [int(pid) for pid in workers.stdout.split()], "http://127.0.0.1:18431/key"


def main(folder):
    os.environ["KEYWAY_DATA"] = folder + "/var"
    with open(folder + "/policies.yaml", "w", encoding="ascii") as file:
        file.write(POLICIES)
    keyway("secret", "set", "bench", text="benchmark-secret-of-32-characters")
    keyway("apply", folder + "/policies.yaml")
    kids = {
        name: json.loads(keyway("key", "create", "--type", "envelope", "--auth", name, "--json"))["keyId"]
        for name in ["open", "web"]
    }
    token = keyway("token", "issue", "--policy", "web", "--lifetime", "30m", "--claim", "plan=premium").strip()
    environment = dict(os.environ, KEYWAY_LISTEN_ORIGIN="127.0.0.1:0")
    server = subprocess.Popen(
        ["taskset", "-c", "0", KEYWAY, "serve", "--roles", "keys"], stdout=subprocess.PIPE, text=True, env=environment)
    peer = None
    try:
        address = listening(server)
        if shutil.which("nginx"):
            peer, workers, url = nginx(folder)
            measure("nginx, a file of 16 bytes", workers, url)
        key = address + "/keys/aes?kid="
        bearer = f"Authorization: Bearer {token}"
        measure("key, open policy", [server.pid], key + kids["open"])
        measure("key, address and HS256 token", [server.pid], key + kids["web"], [bearer])
        measure("refused, no token", [server.pid], key + kids["web"], status=401)
        measure("refused, forged token", [server.pid], key + kids["web"], [bearer[:-3] + "AAA"], status=401)
        if peer:
            measure("nginx, a file of 16 bytes", workers, url)
    finally:
        server.terminate()
        if peer:
            peer.terminate()
        server.wait(30)


if __name__ == "__main__":
    os.environ.pop("KEYWAY_URL", None)
    with tempfile.TemporaryDirectory(prefix="keyway-bench-") as path:
        main(path)
