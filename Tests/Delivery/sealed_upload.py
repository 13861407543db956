"""Sends a file that it encrypts before, as Documentation/uploads-and-storage.md says, and with nothing of Keyway's.

sealed_upload.py URL TOKEN ASSET NAME FILE PARTS sends it in so many uploads, and prints nothing.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import urllib.request

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
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


def information(asset, name, digest, lengths):
    fields = [asset.encode(), name.encode(), digest]
    return (
        b"keyway upload 1\0"
        + b"".join(len(field).to_bytes(2, "big") + field for field in fields)
        + len(lengths).to_bytes(4, "big")
        + b"".join(length.to_bytes(8, "big") for length in lengths)
    )


def seal(key, recipient, info, private):
    """RFC 9180, 5.1.1 and 6.1, by its steps."""
    encapsulated = private.public_key().public_bytes_raw()
    shared = private.exchange(X25519PublicKey.from_public_bytes(recipient))
    secret = expand(extract(b"", KEM, b"eae_prk", shared), KEM, b"shared_secret", encapsulated + recipient, 32)
    context = b"\0" + extract(b"", HPKE, b"psk_id_hash", b"") + extract(b"", HPKE, b"info_hash", info)
    schedule = extract(secret, HPKE, b"secret", b"")
    cipher = ChaCha20Poly1305(expand(schedule, HPKE, b"key", context, 32))
    return encapsulated + cipher.encrypt(expand(schedule, HPKE, b"base_nonce", context, 12), key, b"")


def main(url, token, asset, name, path, parts):
    def request(method, address, headers, body=None):
        headers = {"Authorization": "Bearer " + token, "Tus-Resumable": "1.0.0", **headers}
        return urllib.request.urlopen(
            urllib.request.Request(url + address, body, headers, method=method), timeout=30)

    def metadata(**values):
        return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())

    content = open(path, "rb").read()
    recipient = base64.b64decode(json.load(request("GET", "/v1/upload-key", {}))["publicKey"])
    key, count = os.urandom(32), int(parts)
    ends = [len(content) * number // count for number in range(count + 1)]
    lengths = [end - start for start, end in zip(ends, ends[1:])]
    digest = hashlib.sha256(content)
    sealed = seal(key, recipient, information(asset, name, digest.digest(), lengths), X25519PrivateKey.generate())
    whole = metadata(
        asset=asset, filename=name, sha256=digest.hexdigest(), encryption="sender",
        sealedkey=base64.b64encode(sealed).decode())
    uploads = []
    for number, (start, end) in enumerate(zip(ends, ends[1:])):
        encryptor = Cipher(algorithms.AES(key), modes.CTR(number.to_bytes(8, "big") + bytes(8))).encryptor()
        headers = {"Upload-Length": str(end - start), "Upload-Metadata": whole}
        if count > 1:
            headers["Upload-Metadata"] = metadata(asset=asset, encryption="sender")
            headers["Upload-Concat"] = "partial"
        upload = request("POST", "/v1/uploads", headers).headers["Location"]
        request(
            "PATCH", upload, {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"},
            encryptor.update(content[start:end]))
        uploads.append(upload)
    if count > 1:
        request("POST", "/v1/uploads", {"Upload-Metadata": whole, "Upload-Concat": "final;" + " ".join(uploads)})


if __name__ == "__main__":
    main(*sys.argv[1:])
