#!/usr/bin/env python3
"""Measures key delivery of a release build: CPU microseconds of the server per request, one core for the server and one for
wrk, with 64 kept connections, over HTTP and TLS; beside nginx with a file of 16 bytes and a Node server that checks an HS256
token and nothing else (`peer.mjs`), in the same run. Then with a million keys, and whether memory grows over a million
requests. Prints tables in Markdown; what goes on goes to standard error.

Needs wrk, nginx, node and openssl (Debian: wrk, nginx-light, nodejs) and the Python of `.tools/venv`. Every run ends by
itself. The figure of a case is that of its cheapest run, with the dearest beside it: what else the machine does can only
add. Arguments: cases, memory, many, to measure only these. Environment: KEYWAY, the binary; BENCH_SECONDS, how long wrk runs (3); BENCH_RUNS, how often for each case (3);
BENCH_TOKENS, how many distinct tokens (40,000: more than the 32,768 that the server remembers, so that used in turn each
has its signature checked anew); BENCH_KEYS, the many keys (1,000,000); BENCH_REQUESTS, the many requests (1,000,000).
"""
import base64
import json
import os
import random
import subprocess
import sys
import tempfile
import uuid

import manykeys
import peers
from load import Measurement, Requests, measure, resident, send
from tokens import AUDIENCE, ISSUER, SECRET, Issuer, forged

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KEYWAY = os.environ.get("KEYWAY", os.path.join(ROOT, ".build/release/keyway"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "3"))
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
TOKENS = int(os.environ.get("BENCH_TOKENS", "40000"))
KEYS = int(os.environ.get("BENCH_KEYS", "1000000"))
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "1000000"))
POLICIES = 10_000
KINDS = ["HS256", "RS256", "ES256", "SWT"]
OPEN = """
kind: AuthorizationPolicy
name: open
options: [{ name: o, delivery: [aes, clearkey], restrictions: [{ open: {} }] }]
"""


def policy(kind):
    """An address and a token of the kind with a claim."""
    algorithm = "HS256" if kind == "SWT" else kind
    key = "secret: bench" if algorithm == "HS256" else f"pem: {kind}.pem"
    return f"""
---
kind: AuthorizationPolicy
name: {kind}
options:
  - name: web
    delivery: [aes, clearkey]
    restrictions:
      - ip: {{ allow: [127.0.0.0/8] }}
      - token:
          type: {"swt" if kind == "SWT" else "jwt"}
          issuer: {ISSUER}
          audience: {AUDIENCE}
          verificationKeys: [{{ {key}, algorithms: [{algorithm}] }}]
          requiredClaims: {{ plan: premium }}
"""


def keyway(*arguments, text=None):
    run = subprocess.run([KEYWAY, *arguments], input=text, stdout=subprocess.PIPE, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"bench: keyway {arguments[0]} ended with {run.returncode}")
    return run.stdout


def create_key(name, kind="envelope"):
    return json.loads(keyway("key", "create", "--type", kind, "--auth", name, "--json"))["keyId"]


def install(folder, issuer):
    """An installation with a policy for each kind of token; a KID for each, and three more for ClearKey."""
    os.environ["KEYWAY_DATA"] = folder + "/var"
    for algorithm in ["RS256", "ES256"]:
        with open(f"{folder}/{algorithm}.pem", "wb") as file:
            file.write(issuer.public_pem(algorithm))
    with open(folder + "/policies.yaml", "w", encoding="ascii") as file:
        file.write(OPEN + "".join(policy(kind) for kind in KINDS))
    keyway("secret", "set", "bench", text=SECRET)
    keyway("apply", folder + "/policies.yaml")
    return {name: create_key(name) for name in ["open", *KINDS]}, [create_key("HS256", "common") for _ in range(3)]


def prepare(folder, issuer):
    """The requests of every case, by its name."""
    keys, several = install(folder, issuer)
    tokens = {kind: issuer.make(kind, TOKENS) for kind in KINDS}
    cases = {"open policy": [path(keys["open"])]}
    for kind in KINDS:
        cases[f"address and {kind}, one token"] = [f"{path(keys[kind])}\t{tokens[kind][0]}"]
        cases[f"address and {kind}, distinct tokens"] = [f"{path(keys[kind])}\t{token}" for token in tokens[kind]]
    one = tokens["HS256"][0]
    refused = {
        "refused, no token": [path(keys["HS256"])],
        "refused, expired token": [f"{path(keys['HS256'])}\t{issuer.jwt('HS256', 0, lifetime=-3600)}"],
        "refused, forged HS256": [f"{path(keys['HS256'])}\t{forged(one)}"],
        "refused, forged HS256, distinct": [f"{path(keys['HS256'])}\t{forged(token)}" for token in tokens["HS256"]],
        "refused, forged RS256": [f"{path(keys['RS256'])}\t{forged(tokens['RS256'][0])}"],
        "refused, forged ES256": [f"{path(keys['ES256'])}\t{forged(tokens['ES256'][0])}"],
    }
    clear_key = {
        "ClearKey, 3 KIDs, HS256, one token": [f"/keys/clearkey\t{one}"],
        "ClearKey, 3 KIDs, HS256, distinct tokens": [f"/keys/clearkey\t{token}" for token in tokens["HS256"]],
    }
    kids = [base64.urlsafe_b64encode(uuid.UUID(kid).bytes).decode().rstrip("=") for kid in several]
    body = json.dumps({"kids": kids, "type": "temporary"}).encode()
    made = {}
    for group, status, content in [(cases, 200, None), (clear_key, 200, body), (refused, 401, None)]:
        for name, lines in group.items():
            made[name] = Requests(folder, f"case-{len(made)}", lines, status, content)
    return made, keys, tokens["HS256"][:1000]


def path(kid):
    return f"/keys/aes?kid={kid}"


def compare(folder, cases, tls, title):
    """Every case and the peers, over one transport; the figures by name."""
    figures = {}
    peer_cases = {"one token": "address and HS256, one token", "distinct tokens": "address and HS256, distinct tokens"}
    file = Requests(folder, "static", ["/key"])
    with peers.nginx(folder + "/nginx", tls) as nginx, peers.node(tls) as node, peers.keyway(KEYWAY, tls) as server:
        first = measure(f"{title} nginx, a file of 16 bytes", nginx.address, nginx.pids, file, SECONDS, RUNS)
        for name, case in peer_cases.items():
            figures[f"Node, HS256, {name}"] = measure(
                f"{title} Node, HS256, {name}", node.address, node.pids, cases[case], SECONDS, RUNS)
        for name, requests in cases.items():
            figures[name] = measure(f"{title} {name}", server.address, server.pids, requests, SECONDS, RUNS)
        last = measure(f"{title} nginx, a file of 16 bytes", nginx.address, nginx.pids, file, SECONDS, RUNS)
        figures["Node, HS256, one token"].runs += measure(
            f"{title} Node, HS256, one token", node.address, node.pids, cases[peer_cases["one token"]], SECONDS, RUNS).runs
    first.runs += last.runs
    return {"nginx, a file of 16 bytes": first, **figures}


def many_keys(folder, key, tokens):
    """The same with a million keys under 10,000 policies."""
    requests = Requests(folder, "one", [f"{path(key)}\t{tokens[0]}"])
    with peers.keyway(KEYWAY) as server:
        figures = [measure("one key, before", server.address, server.pids, requests, SECONDS, RUNS)]
    kids = manykeys.fill(os.environ["KEYWAY_DATA"], KEYS, POLICIES, "HS256")
    random.Random(3).shuffle(kids)
    per_run = min(25_000 * SECONDS, len(kids) // RUNS)
    samples = [kids[run * per_run:(run + 1) * per_run] for run in range(RUNS)]
    with peers.keyway(KEYWAY) as server:
        figures.append(measure("one key among them", server.address, server.pids, requests, SECONDS, RUNS))
        fresh = Measurement("any of them, first sight, 1,000 tokens")
        for run, sample in enumerate(samples):
            requests = rotation(folder, f"many-{run}", sample, tokens)
            if requests.ask_once(server.address) != (200, manykeys.clear_key(sample[0])):
                sys.exit("bench: a key of the many is not delivered")
            fresh.add(server.address, server.pids, requests, SECONDS)
        figures.append(fresh)
        known = rotation(folder, "known", samples[0][:20_000], tokens)
        send(server.address, known, SECONDS)
        figures.append(measure(
            "20,000 of them in rotation, 1,000 tokens", server.address, server.pids, known, SECONDS, RUNS))
        unknown = Requests(
            folder, "unknown", [f"{path(uuid.uuid4())}\t{tokens[0]}" for _ in range(100_000)], status=404)
        figures.append(measure("keys that do not exist", server.address, server.pids, unknown, SECONDS, RUNS))
        memory = resident(server.pids[0])
    return figures, memory


def rotation(folder, name, kids, tokens):
    return Requests(folder, name, [
        f"{path(uuid.UUID(bytes=kid))}\t{tokens[number % len(tokens)]}" for number, kid in enumerate(kids)])


def memory(requests):
    """Resident MB after so many requests with distinct tokens; the first entry is after all tokens were seen."""
    with peers.keyway(KEYWAY) as server:
        count = 0
        while count < TOKENS * 2:
            count += send(server.address, requests, 5)[0]
        readings = [(0, resident(server.pids[0]))]
        count = 0
        # Bounded in time as well.
        for _ in range(30):
            if count >= REQUESTS:
                break
            count += send(server.address, requests, 10)[0]
            readings.append((count, resident(server.pids[0])))
    return readings


def cell(figure):
    return f"{figure.least:.1f} (–{max(figure.runs):.1f})"


def print_comparison(plain, secure):
    nginx, node = "nginx, a file of 16 bytes", "Node, HS256, one token"
    print("| case | HTTP: CPU µs a request | × nginx | × Node | requests/s | p99 | TLS: CPU µs | × nginx | × Node |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, figure in plain.items():
        other = secure[name]
        print(f"| {name} | {cell(figure)} | {figure.least / plain[nginx].least:.1f} "
              f"| {figure.least / plain[node].least:.2f} | {figure.rate:,.0f} | {figure.p99} | {cell(other)} "
              f"| {other.least / secure[nginx].least:.1f} | {other.least / secure[node].least:.2f} |")


def print_many(figures, megabytes):
    print(f"\n| {KEYS:,} keys under {POLICIES:,} policies, HS256, HTTP | CPU µs a request | × one key |")
    print("|---|---|---|")
    for figure in figures:
        print(f"| {figure.name} | {cell(figure)} | {figure.least / figures[0].least:.2f} |")
    print(f"\nResident after these: {megabytes:.0f} MB.")


def print_memory(readings):
    print("\n| requests after all tokens were seen once | resident MB |\n|---|---|")
    for count, megabytes in readings:
        print(f"| {count:,} | {megabytes:.1f} |")


def certificate(folder):
    """A self-signed one on P-256."""
    files = [folder + "/tls.pem", folder + "/tls.key"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj",
         "/CN=127.0.0.1", "-out", files[0], "-keyout", files[1]], check=True, capture_output=True, timeout=30)
    return files


def main(folder):
    parts = sys.argv[1:] or ["cases", "memory", "many"]
    cases, keys, tokens = prepare(folder, Issuer())
    if "cases" in parts:
        print_comparison(compare(folder, cases, None, "HTTP"), compare(folder, cases, certificate(folder), "TLS"))
    if "memory" in parts:
        print_memory(memory(cases["address and HS256, distinct tokens"]))
    if "many" in parts:
        print_many(*many_keys(folder, keys["HS256"], tokens))


if __name__ == "__main__":
    os.environ.pop("KEYWAY_URL", None)
    with tempfile.TemporaryDirectory(prefix="keyway-bench-") as temporary:
        main(temporary)
