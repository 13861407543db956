#!/usr/bin/env python3
"""A small security token service: signs tokens for viewers and publishes the keys that verify them.

Needs PyJWT with the cryptography package. Keyway reads its discovery document or its key set; it never sees the private
keys. `POST /rotate` makes a new key and goes on publishing the old one, as a real issuer does around a rollover;
`POST /retire` withdraws all keys but the newest.

    sts.py [PORT]        prints its address; 0, the default, takes any free port
"""
import json
import sys
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

AUDIENCE = "urn:example:films"


class Keys:
    """The signing keys: the last one signs, all of them are published."""

    def __init__(self):
        self.pairs = []
        self.rotate()

    def rotate(self):
        self.pairs.append((uuid.uuid4().hex[:8], ec.generate_private_key(ec.SECP256R1())))

    def retire(self):
        self.pairs = self.pairs[-1:]

    def published(self):
        for name, pair in self.pairs:
            key = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(pair.public_key()))
            yield {"kid": name, "use": "sig", "alg": "ES256", **{m: key[m] for m in ("kty", "crv", "x", "y")}}

    def sign(self, claims):
        name, pair = self.pairs[-1]
        return jwt.encode(claims, pair, algorithm="ES256", headers={"kid": name})


class Handler(BaseHTTPRequestHandler):
    """One request."""

    keys = Keys()

    def issuer(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def token(self, wishes):
        """A token for a viewer who has been let in; how is this service's own business."""
        now = int(time.time())
        claims = {
            "iss": self.issuer(), "aud": AUDIENCE, "iat": now, "exp": now + 600, "jti": str(uuid.uuid4()),
            "sub": wishes.get("sub", "viewer-1"), "plan": wishes.get("plan", "premium"),
        }
        return self.keys.sign(claims)

    def do_GET(self):
        if self.path == "/.well-known/openid-configuration":
            self.answer({"issuer": self.issuer(), "jwks_uri": self.issuer() + "/jwks.json"})
        elif self.path == "/jwks.json":
            self.answer({"keys": list(self.keys.published())})
        else:
            self.answer({"error": "not found"}, 404)

    def do_POST(self):
        length = min(int(self.headers.get("Content-Length") or 0), 65536)
        wishes = json.loads(self.rfile.read(length) or b"{}")
        if self.path == "/token":
            self.answer({"access_token": self.token(wishes), "token_type": "Bearer"})
        elif self.path == "/rotate":
            self.keys.rotate()
            self.answer({"keys": len(self.keys.pairs)})
        elif self.path == "/retire":
            self.keys.retire()
            self.answer({"keys": len(self.keys.pairs)})
        else:
            self.answer({"error": "not found"}, 404)

    def answer(self, value, status=200):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Tokens and key sets are asked for often; nothing is printed."""


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()
