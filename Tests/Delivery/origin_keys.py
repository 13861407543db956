"""Asks a key service for one key as an origin does, and opens the answer by the steps of RFC 9180.

origin_keys.py URL AUTHORITY CERTIFICATE KEY KID TYPE ENCRYPTION PROTOCOL prints the key in base64.
"""

import base64
import hashlib
import hmac
import json
import ssl
import sys
import urllib.request
import uuid

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

KEM = b"KEM" + (0x20).to_bytes(2, "big")
HPKE = b"HPKE" + b"".join(number.to_bytes(2, "big") for number in (0x20, 1, 3))


def extract(salt, suite, label, material):
    return hmac.new(salt or bytes(32), b"HPKE-v1" + suite + label + material, hashlib.sha256).digest()


def expand(key, suite, label, info, length):
    text = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    output, block, count = b"", b"", 1
    while len(output) < length:
        block = hmac.new(key, block + text + bytes([count]), hashlib.sha256).digest()
        output, count = output + block, count + 1
    return output[:length]


def main(url, authority, certificate, key, kid, kind, encryption, protocol):
    private = X25519PrivateKey.generate()
    recipient = private.public_key().public_bytes_raw()
    question = {
        "recipient": base64.b64encode(recipient).decode(),
        "keys": [{"kid": kid, "encryption": encryption, "protocol": protocol, "held": False}],
    }
    context = ssl.create_default_context(cafile=authority)
    context.load_cert_chain(certificate, key)
    request = urllib.request.Request(
        url + "/origin/keys", json.dumps(question).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, context=context, timeout=10) as response:
        answer = json.load(response)
    encapsulated = base64.b64decode(answer["encapsulated"])
    shared = private.exchange(X25519PublicKey.from_public_bytes(encapsulated))
    secret = expand(extract(b"", KEM, b"eae_prk", shared), KEM, b"shared_secret", encapsulated + recipient, 32)
    context = (
        b"\0" + extract(b"", HPKE, b"psk_id_hash", b"") + extract(b"", HPKE, b"info_hash", b"keyway origin keys 1")
    )
    schedule = extract(secret, HPKE, b"secret", b"")
    cipher = ChaCha20Poly1305(expand(schedule, HPKE, b"key", context, 32))
    nonce = expand(schedule, HPKE, b"base_nonce", context, 12)
    sealed = base64.b64decode(answer["keys"][0]["sealed"])
    print(base64.b64encode(cipher.decrypt(nonce, sealed, uuid.UUID(kid).bytes + kind.encode())).decode())


main(*sys.argv[1:])
