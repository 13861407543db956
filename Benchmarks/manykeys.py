"""Fills a catalog with keys and policies by the row, which is quicker than a million calls of `keyway key create`.

Each key is its own and can be delivered: it is wrapped under the installation's KEK as `KeyWrapping` does it (AES-256-GCM,
the associated data name the KID, the type and the KEK's version). To be used while no server runs.
"""
import hashlib
import json
import os
import sqlite3
import time
import uuid

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def clear_key(kid):
    """The 16 bytes that a key made here has."""
    return hashlib.sha256(b"benchmark " + kid).digest()[:16]


def fill(data, keys, policies, like):
    """Adds keys under as many copies of the policy `like`; the KIDs."""
    with open(data + "/kek/kek-1.key", "rb") as file:
        kek = AESGCM(file.read())
    names = [f"many-{number}" for number in range(policies)]
    kids = sorted(uuid.uuid4().bytes for _ in range(keys))
    created = time.time()

    def rows():
        for number, kid in enumerate(kids):
            bound = f"keyway content key 1\0{uuid.UUID(bytes=kid)}\0envelope\x001".encode()
            nonce = os.urandom(12)
            yield kid, nonce + kek.encrypt(nonce, clear_key(kid), bound), names[number % policies], created

    catalog = sqlite3.connect(data + "/catalog.sqlite")
    catalog.execute("PRAGMA cache_size = -400000")
    with catalog:
        (text,) = catalog.execute("SELECT document FROM authorizationPolicy WHERE name = ?", [like]).fetchone()
        document = json.loads(text)
        catalog.executemany(
            "INSERT INTO authorizationPolicy (name, document) VALUES (?, ?)",
            ((name, json.dumps(dict(document, name=name))) for name in names))
        catalog.executemany(
            "INSERT INTO contentKey (kid, type, kek, ciphertext, authorizationPolicy, enabled, created) "
            "VALUES (?, 'envelope', 1, ?, ?, 1, ?)", rows())
    catalog.close()
    return kids
