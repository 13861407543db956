"""A stand-in for the transit engine of OpenBao and Vault: the few questions that Keyway asks, answered as they answer.

    transit.py STATE

Listens on a free port of 127.0.0.1 and prints it. STATE is a folder: `accepted` holds the token that is accepted, `mode`
what it does wrong (nothing, slow, drip, oversize, redirect, sealed, garbage, short), `key` its AES-256 key, made at the
first start, and `log` gets one line for each question: the path, the namespace, the status. Ciphertexts are
`vault:v1:` and base64 of nonce, AES-256-GCM ciphertext and tag. Renewals are for `lease` seconds (default 2). With
`certificate.pem` and `certificate.key` there, it speaks TLS.
"""

import base64
import json
import os
import ssl
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

STATE = sys.argv[1]
MOUNT, KEY = "transit", "keyway"


def state(name, default=""):
    try:
        with open(os.path.join(STATE, name), encoding="utf-8") as file:
            return file.read().strip()
    except FileNotFoundError:
        return default


def engine_key():
    path = os.path.join(STATE, "key")
    if not os.path.exists(path):
        with open(path, "wb") as file:
            file.write(AESGCM.generate_key(256))
    with open(path, "rb") as file:
        return AESGCM(file.read())


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, document, headers=()):
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        with open(os.path.join(STATE, "log"), "a", encoding="utf-8") as log:
            log.write(f"{self.path} {self.headers.get('X-Vault-Namespace', '-')} {status}\n")
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if state("mode") == "drip":
            for byte in body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.2)
        else:
            self.wfile.write(body)

    def handle(self):
        try:
            super().handle()
        except ConnectionError:
            pass  # Who asked gave up: that is what some modes are for.

    def do_GET(self):
        self.answer(405, {"errors": []})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        mode = state("mode")
        if mode == "slow":
            time.sleep(20)
        if mode == "oversize":
            return self.answer(200, b'{"data":{"plaintext":"' + b"A" * 200_000 + b'"}}')
        if mode == "redirect":
            return self.answer(307, {}, [("Location", self.path.replace("/v1/", "/v1/elsewhere/"))])
        if mode == "sealed":
            return self.answer(503, {"errors": ["Vault is sealed"]})
        if mode == "garbage":
            return self.answer(200, b"<html>hello</html>")
        if self.headers.get("X-Vault-Request") != "true" or self.headers.get("X-Vault-Token") != state("accepted"):
            return self.answer(403, {"errors": ["permission denied"]})
        question = json.loads(body or b"{}")
        if self.path == "/v1/auth/token/renew-self":
            lease = int(state("lease", "2"))
            return self.answer(200, {"auth": {"lease_duration": lease, "renewable": True, "client_token": "hidden"}})
        if self.path == f"/v1/{MOUNT}/datakey/wrapped/{KEY}":
            nonce = os.urandom(12)
            sealed = nonce + engine_key().encrypt(nonce, os.urandom(question.get("bits", 256) // 8), None)
            text = "vault:v1:" + base64.b64encode(sealed).decode()
            return self.answer(200, {"request_id": "1", "data": {"ciphertext": text, "key_version": 1}})
        if self.path == f"/v1/{MOUNT}/decrypt/{KEY}":
            sealed = base64.b64decode(question["ciphertext"].removeprefix("vault:v1:"))
            try:
                clear = engine_key().decrypt(sealed[:12], sealed[12:], None)
            except InvalidTag:
                return self.answer(400, {"errors": ["cipher: message authentication failed"]})
            if mode == "short":
                clear = clear[:16]
            return self.answer(200, {"request_id": "2", "data": {"plaintext": base64.b64encode(clear).decode()}})
        return self.answer(404, {"errors": []})


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
if os.path.exists(os.path.join(STATE, "certificate.pem")):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(STATE, "certificate.pem"), os.path.join(STATE, "certificate.key"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
