"""Wrapped content keys, written and read without Keyway's code.

    keys.py fill DATA COUNT POLICY     adds COUNT envelope keys under KEK version 1 and the authorization policy, and
                                       prints `KID KEY` of the first, the middle and the last one, in order of KID
    keys.py open DATA KID              prints KEK version and clear key of one, opened with the file of its version
    keys.py kill DATA VERSION COUNT PID  waits until COUNT keys are under a KEK version, then kills the process with
                                       SIGKILL; ends with 1 if the process was faster
    keys.py check DATA                 opens every key and secret with the file of its version; prints how many
"""

import os
import signal
import sqlite3
import sys
import time
import uuid

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

verb, data = sys.argv[1:3]
database = sqlite3.connect(f"{data}/catalog.sqlite", timeout=30)


def kek(version):
    with open(f"{data}/kek/kek-{version}.key", "rb") as file:
        return AESGCM(file.read())


def associated(kid, kind, version):
    return f"keyway content key 1\0{uuid.UUID(bytes=kid)}\0{kind}\0{version}".encode()


def fill(count, policy):
    wrapping, keys = kek(1), []
    for _ in range(count):
        kid, key, nonce = uuid.uuid4().bytes, os.urandom(16), os.urandom(12)
        keys.append((kid, key, nonce + wrapping.encrypt(nonce, key, associated(kid, "envelope", 1))))
    with database:
        database.executemany(
            "INSERT INTO contentKey (kid, type, kek, ciphertext, authorizationPolicy, enabled, created) "
            "VALUES (?, 'envelope', 1, ?, ?, 1, ?)",
            [(kid, sealed, policy, time.time()) for kid, _, sealed in keys])
    keys.sort()
    for kid, key, _ in (keys[0], keys[count // 2], keys[-1]):
        print(uuid.UUID(bytes=kid), key.hex())


def open_key(row, keks):
    kid, kind, version, sealed = row
    if version not in keks:
        keks[version] = kek(version)
    return keks[version].decrypt(sealed[:12], sealed[12:], associated(kid, kind, version))


if verb == "fill":
    fill(int(sys.argv[3]), sys.argv[4])
elif verb == "open":
    row = database.execute(
        "SELECT kid, type, kek, ciphertext FROM contentKey WHERE kid = ?", [uuid.UUID(sys.argv[3]).bytes]).fetchone()
    print(row[2], open_key(row, {}).hex())
elif verb == "kill":
    version, count, process = map(int, sys.argv[3:6])
    query = "SELECT count(*) FROM contentKey WHERE kek = ?"
    while database.execute(query, [version]).fetchone()[0] < count:
        time.sleep(0.002)
    os.kill(process, signal.SIGKILL)
    time.sleep(0.2)
    total = database.execute("SELECT count(*) FROM contentKey").fetchone()[0]
    sys.exit(0 if database.execute(query, [version]).fetchone()[0] < total else 1)
elif verb == "check":
    keks, count = {}, 0
    for row in database.execute("SELECT kid, type, kek, ciphertext FROM contentKey"):
        open_key(row, keks)
        count += 1
    for name, version, sealed in database.execute("SELECT name, kek, ciphertext FROM secret"):
        keks.setdefault(version, None)
        keks[version] = keks[version] or kek(version)
        keks[version].decrypt(sealed[:12], sealed[12:], f"keyway secret 1\0{name}\0{version}".encode())
        count += 1
    print(count)
