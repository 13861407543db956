"""Tokens for the benchmark of the key service, made by PyJWT: distinct ones, more than the server remembers."""
import base64
import hashlib
import hmac
import time
import urllib.parse

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

ISSUER = "https://sts.example.com"
AUDIENCE = "urn:example:films"
SECRET = "benchmark-secret-of-32-characters"


class Issuer:
    """One key of each kind."""

    def __init__(self):
        self.keys = {
            "HS256": SECRET,
            "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
            "ES256": ec.generate_private_key(ec.SECP256R1()),
        }

    def public_pem(self, algorithm):
        return self.keys[algorithm].public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def jwt(self, algorithm, number, lifetime=7200):
        """A token of some 320 characters when signed by HS256."""
        now = int(time.time())
        claims = {
            "iss": ISSUER, "aud": AUDIENCE, "exp": now + lifetime, "iat": min(now, now + lifetime - 60), "plan": "premium",
            "sub": f"viewer-{number:08}", "jti": f"{number:016x}",
        }
        return jwt.encode(claims, self.keys[algorithm], algorithm=algorithm)

    def swt(self, number, lifetime=7200):
        expires = int(time.time()) + lifetime
        claims = {"plan": "premium", "viewer": f"viewer-{number:08}", "Audience": AUDIENCE, "ExpiresOn": expires,
                  "Issuer": ISSUER}
        text = urllib.parse.urlencode(claims)
        signature = base64.b64encode(hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()).decode()
        return f"{text}&HMACSHA256={urllib.parse.quote(signature, safe='')}"

    def make(self, kind, count):
        """Distinct tokens of a kind: HS256, RS256, ES256 or SWT."""
        return [self.swt(number) if kind == "SWT" else self.jwt(kind, number) for number in range(count)]


def forged(token):
    """The same token with another signature of the same length."""
    head, _, signature = token.rpartition(".")
    return f"{head}.{'A' * len(signature)}"
