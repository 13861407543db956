#!/usr/bin/env python3
"""Runs the key service of a sanitized build under a load, while an operator changes all that a decision depends on.

    serve.py KEYWAY SECONDS

32 connections ask for keys with tokens that are the same each time, new each time, forged or revoked; meanwhile
policies, secrets, revocations, keys and the KEK change, over the admin API and in the data folder, and the audit log is
verified. The server is stopped while it still answers. Fails when the server or a command does; what the sanitizer
found is in its log.
"""
import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from urllib.parse import urlsplit

KEYWAY = os.path.abspath(sys.argv[1])
SECONDS = float(sys.argv[2])
CONNECTIONS = 32
SECRET = "a secret of more than thirty-two bytes"
POLICY = """
kind: AuthorizationPolicy
name: web
options:
  - name: web
    delivery: [aes, clearkey]
    restrictions:
      - ip: {{ allow: [{allowed}] }}
      - token:
          type: jwt
          issuer: i
          audience: a
          verificationKeys: [{{ secret: sts, algorithms: [HS256] }}, {{ pem: sts.pub.pem, algorithms: [ES256] }}]
---
kind: AuthorizationPolicy
name: few
options:
  - name: few
    delivery: [aes]
    restrictions:
      - token:
          type: jwt
          issuer: i
          audience: a
          verificationKeys: [{{ secret: sts, algorithms: [HS256] }}]
          maxUses: 3
"""


def keyway(*arguments, text=None, remote=None):
    environment = dict(os.environ, **(remote or {}))
    run = subprocess.run(
        [KEYWAY, *arguments], input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        check=False, timeout=120)
    if run.returncode != 0:
        raise RuntimeError(f"keyway {' '.join(arguments)} ended with {run.returncode}: {run.stderr}")
    return run.stdout


def token(name):
    """A token of its own: HS256, with the name as its id and subject."""
    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    claims = {"iss": "i", "aud": "a", "exp": int(time.time()) + 3600, "jti": name, "sub": name}
    body = part(b'{"alg":"HS256","typ":"JWT"}') + b"." + part(json.dumps(claims).encode())
    return (body + b"." + part(hmac.new(SECRET.encode(), body, hashlib.sha256).digest())).decode()


class Load:
    """The connections that ask for keys, and what they were answered."""

    def __init__(self, url, kids, tokens):
        self.address = urlsplit(url)
        self.kids, self.tokens = kids, tokens
        self.ends = threading.Event()
        self.lock, self.statuses = threading.Lock(), {}
        self.threads = [threading.Thread(target=self.ask, args=(number,), daemon=True) for number in range(CONNECTIONS)]
        for thread in self.threads:
            thread.start()

    def token(self, thread, number):
        same, signed = self.tokens
        kind = (thread + number) % 8
        if kind < 3:
            return same
        if kind == 3:
            return signed
        if kind == 4:
            return same[:-3] + "AAA"
        return token(f"viewer-{number % 5}" if kind == 5 else f"t-{thread}-{number}")

    def request(self, connection, thread, number):
        headers = {"Authorization": f"Bearer {self.token(thread, number)}"}
        if number % 10 == 9:
            kid = bytes.fromhex(self.kids[-1].replace("-", ""))
            body = json.dumps({"kids": [base64.urlsafe_b64encode(kid).decode().rstrip("=")]})
            headers["Content-Type"] = "application/json"
            connection.request("POST", "/keys/clearkey", body=body, headers=headers)
        else:
            connection.request("GET", f"/keys/aes?kid={self.kids[(number // 8) % 3]}", headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    def ask(self, thread):
        connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=60)
        number = 0
        while not self.ends.is_set():
            number += 1
            # A player that comes back, every so often.
            if number % 50 == 0:
                connection.close()
            try:
                status = self.request(connection, thread, number)
            except (OSError, http.client.HTTPException):
                connection.close()
                status = 0
                time.sleep(0.05)
            with self.lock:
                self.statuses[status] = self.statuses.get(status, 0) + 1

    def stop(self):
        self.ends.set()
        for thread in self.threads:
            thread.join()


class Operators:
    """Threads that each repeat one round of changes until the time is over."""

    def __init__(self, rounds, seconds):
        self.end = time.monotonic() + seconds
        self.failures, self.rounds = [], {}
        self.threads = [threading.Thread(target=self.repeat, args=(round_,), daemon=True) for round_ in rounds]
        for thread in self.threads:
            thread.start()

    def repeat(self, round_):
        number = 0
        # Each at least once, however slow the build is.
        while number == 0 or time.monotonic() < self.end:
            try:
                round_(number)
            except (RuntimeError, OSError, subprocess.TimeoutExpired) as failure:
                self.failures.append(f"{round_.__name__}: {failure}")
                return
            number += 1
        self.rounds[round_.__name__] = number

    def join(self):
        for thread in self.threads:
            thread.join()


def changes(folder, addresses, kids, remote):
    """The rounds of changes: each of them leaves things as it found them, but for the log and the rotated key."""
    def policy_edits(number):
        path = f"{folder}/edit.yaml"
        allowed = "127.0.0.0/8" if number % 2 else "192.0.2.0/24, 127.0.0.0/8"
        with open(path, "w", encoding="ascii") as file:
            file.write(POLICY.format(allowed=allowed))
        keyway("apply", path)

    def secrets(number):
        keyway("secret", "set", "sts", text="another secret, for less than a moment's time", remote=remote)
        keyway("secret", "set", "sts", text=SECRET, remote=remote if number % 2 else None)

    def revocations(number):
        place = remote if number % 2 else None
        added = json.loads(keyway("revocation", "add", "--subject", f"viewer-{number % 5}", "--json", remote=place))
        keyway("revocation", "list", remote=remote)
        keyway("revocation", "remove", added["id"], remote=remote)

    def audit(number):
        place = remote if number % 2 else None
        keyway("audit", "verify", remote=place)
        keyway("audit", "checkpoint", "--sign", remote=place)

    def keys(number):
        made = json.loads(keyway("key", "create", "--type", "envelope", "--auth", "web", "--json", remote=remote))
        keyway("key", "rotate", made["keyId"], remote=remote)
        keyway("key", "disable", kids[0], remote=remote)
        keyway("key", "enable", kids[0])
        if number == 0:
            keyway("kek", "rotate")

    def scrapes(_):
        address = urlsplit(addresses["admin"])
        for path in ["/metrics", "/readyz", "/healthz"]:
            connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
            connection.request("GET", path)
            connection.getresponse().read()
            connection.close()
        time.sleep(0.05)

    return [policy_edits, secrets, revocations, audit, keys, scrapes]


def listening(process, names):
    """The addresses of so many listeners, by name."""
    addresses = {}
    for line in process.stdout:
        if found := re.match(r"listening (\S+) (\S+)", line):
            addresses[found[1]] = found[2]
        if names <= set(addresses):
            return addresses
    sys.exit("tsan: the server did not start")


def prepare(folder):
    """A data folder with two policies and four keys, the last of them for ClearKey; the keys' ids and two tokens."""
    private = f"{folder}/sts.key"
    curve = "ec_paramgen_curve:P-256"
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", curve, "-out", private], check=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", f"{folder}/sts.pub.pem"], check=True)
    with open(f"{folder}/policies.yaml", "w", encoding="ascii") as file:
        file.write(POLICY.format(allowed="127.0.0.0/8"))
    keyway("secret", "set", "sts", text=SECRET)
    keyway("apply", f"{folder}/policies.yaml")
    kids = [json.loads(keyway("key", "create", "--type", kind, "--auth", policy, "--json"))["keyId"]
            for kind, policy in [("envelope", "web"), ("envelope", "web"), ("envelope", "few"), ("common", "web")]]
    signed = keyway("token", "issue", "--issuer", "i", "--audience", "a", "--algorithm", "ES256", "--key-file",
                    private, "--lifetime", "1h").strip()
    return kids, (token("same"), signed)


def main(folder):
    os.environ.update(
        KEYWAY_DATA=f"{folder}/var", KEYWAY_LISTEN_ORIGIN="127.0.0.1:0", KEYWAY_LISTEN_ADMIN="127.0.0.1:0",
        KEYWAY_LISTEN_KEYS="127.0.0.1:0", KEYWAY_LIMITS_SUBJECT="200", KEYWAY_ACCESSLOG="json")
    kids, tokens = prepare(folder)
    admin = keyway("admin", "token", "create", "tsan", "--role", "key-admin", "--expires", "1h").strip()
    with open(f"{folder}/server.log", "w", encoding="utf-8") as log:
        server = subprocess.Popen([KEYWAY, "serve"], stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        addresses = listening(server, {"admin", "keys"})
        remote = {"KEYWAY_URL": addresses["admin"], "KEYWAY_TOKEN": admin}
        load = Load(addresses["keys"], kids, tokens)
        operators = Operators(changes(folder, addresses, kids, remote), SECONDS)
        operators.join()
        lost = load.statuses.get(0, 0)
        # While the load goes on.
        server.terminate()
        ended = server.wait(120)
        load.stop()
    finally:
        server.kill()
    verified = keyway("audit", "verify").splitlines()[0]
    print(f"tsan: answers by status {dict(sorted(load.statuses.items()))}; rounds {operators.rounds}; {verified}")
    if lost:
        operators.failures.append(f"{lost} requests were not answered")
    for failure in operators.failures:
        print(f"tsan: {failure}", file=sys.stderr)
    if ended != 0 or operators.failures or not load.statuses.get(200):
        with open(f"{folder}/server.log", encoding="utf-8", errors="replace") as log:
            lines = [line for line in log if '"status"' not in line]
        sys.stderr.writelines(lines[-40:])
        sys.exit(f"tsan: the server ended with {ended}")


if __name__ == "__main__":
    os.environ.pop("KEYWAY_URL", None)
    with tempfile.TemporaryDirectory(prefix="keyway-tsan-") as path:
        main(path)
