"""A stand-in for a licence server: checks the entitlement as one would, with PyJWT, and answers.

    server.py STATE

Listens on a free port of 127.0.0.1 and prints it; ends with the process that started it. STATE is a folder: `secret` holds
what entitlements are signed with, `mode` what it does wrong (nothing, slow, drip, oversize, largest, redirect, refuse, drop,
empty), and `log` gets one line of JSON for each request: the claims, the client's port, the headers that are of interest. A
licence is the text `licence DELIVERY KID,KID…`. With a `certificate.pem` and its `certificate.key` it speaks TLS.
With a `recipient.key` it wants the keys beside the challenge, and `log` has them as it opened them.
"""

import base64
import hashlib
import json
import os
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import jwt
from lxml import etree
from werkzeug.formparser import parse_form_data

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "CPIX"))
import cpix

STATE = sys.argv[1]
LOCK = threading.Lock()
SCHEME = "https" if os.path.exists(os.path.join(STATE, "certificate.pem")) else "http"


def state(name, default=""):
    try:
        with open(os.path.join(STATE, name), encoding="utf-8") as file:
            return file.read().strip()
    except FileNotFoundError:
        return default


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        entry = {"port": self.client_address[1], "path": self.path, "contentType": self.headers["content-type"],
                 "action": self.headers["soapaction"], "others": sorted(name.lower() for name in self.headers)}
        try:
            challenge, document = self.parts(body, entry)
            entry["challenge"] = base64.b64encode(challenge).decode()
            entry["claims"] = self.claims(challenge, document)
            if document is not None:
                root = etree.fromstring(document)
                etree.XMLSchema(etree.parse(cpix.SCHEMA)).assertValid(root)
                entry["document"] = document.decode()
                entry["keys"] = {
                    kid: key.hex() for kid, key in cpix.keys(root, os.path.join(STATE, "recipient.key"))}
        except (jwt.PyJWTError, AssertionError) as error:
            entry["refused"] = repr(error)
        with LOCK, open(os.path.join(STATE, "log"), "a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        if "refused" in entry:
            return self.answer(403, b"the entitlement is not good")
        self.misbehave(state("mode"), entry["claims"])

    def parts(self, body, entry):
        """The challenge and the keys: without a private key the challenge is all that may come."""
        if not os.path.exists(os.path.join(STATE, "recipient.key")):
            return body, None
        stream, form, files = parse_form_data({
            "REQUEST_METHOD": "POST", "CONTENT_TYPE": self.headers["content-type"], "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body)})
        assert not form and sorted(files) == ["challenge", "keys"]
        assert files["keys"].mimetype == "application/xml"
        entry["contentType"] = files["challenge"].content_type
        return files["challenge"].read(), files["keys"].read()

    def claims(self, body, document):
        kind, token = self.headers["authorization"].split(" ")
        assert kind == "Bearer" and jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
        origin = "%s://127.0.0.1:%d" % (SCHEME, self.server.server_port)
        # A test on a loaded machine may come late with its entitlement; whether it lives a minute is asked below.
        leeway = 0 if state("mode") == "" else 600
        claims = jwt.decode(token, state("secret"), algorithms=["HS256"], audience=origin, issuer="keyway", leeway=leeway,
                            options={"require": ["exp", "iat", "aud", "iss", "jti"]})
        assert claims["exp"] - claims["iat"] == 60
        digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()
        assert claims["challenge"] == digest
        if document is None:
            assert "keys" not in claims
        else:
            digest = base64.urlsafe_b64encode(hashlib.sha256(document).digest()).rstrip(b"=").decode()
            assert claims["keys"] == digest
        assert claims["kids"] == [grant["kid"] for grant in claims["grants"]] and claims["kids"]
        return claims

    def misbehave(self, mode, claims):
        licence = ("licence %s %s" % (claims["delivery"], ",".join(claims["kids"]))).encode()
        if mode == "slow":
            time.sleep(20)
        elif mode == "drip":
            self.head(200, 1000)
            for _ in range(200):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.1)
        elif mode == "oversize":
            self.answer(200, b"x" * ((1 << 20) + 1))
        elif mode == "largest":
            self.answer(200, b"x" * (1 << 20))
        elif mode == "redirect":
            self.send_response(307)
            self.send_header("location", "http://127.0.0.1:%d/elsewhere" % self.server.server_port)
            self.send_header("content-length", "0")
            self.end_headers()
        elif mode == "refuse":
            self.answer(500, b"an inner secret of the licence server")
        elif mode == "empty":
            self.answer(200, b"")
        elif mode == "drop":
            self.close_connection = True
            self.connection.close()
        else:
            self.answer(200, licence)

    def head(self, status, size):
        self.send_response(status)
        self.send_header("content-type", "application/x-licence")
        self.send_header("content-length", str(size))
        self.send_header("x-inner", "not for players")
        self.end_headers()

    def answer(self, status, body):
        self.head(status, len(body))
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True


def end_with(parent):
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
if SCHEME == "https":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(STATE, "certificate.pem"), os.path.join(STATE, "certificate.key"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
