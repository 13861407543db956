"""Verifies an export of the audit log, from Documentation/audit.md alone.

    verify_export.py EXPORT PUBLIC-KEY [CHECKPOINT]

Prints what it found as JSON; exits with 1 and says why when the export is not what was written.
"""

import base64
import hashlib
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key


def fail(reason):
    print(reason, file=sys.stderr)
    sys.exit(1)


def canonical(statement):
    return json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()


def check_signature(document, key, fingerprint):
    statement = document["checkpoint"]
    if statement["type"] != "keyway audit checkpoint 1" or statement["key"] != fingerprint:
        fail(f"checkpoint {statement['number']} is of another kind or key")
    try:
        key.verify(base64.b64decode(document["signature"], validate=True), canonical(statement))
    except InvalidSignature:
        fail(f"the signature of checkpoint {statement['number']} does not fit")
    return statement


def main(export, public_key, kept=None):
    with open(public_key, "rb") as file:
        key = load_pem_public_key(file.read())
    if not isinstance(key, Ed25519PublicKey):
        fail("the public key is not an Ed25519 key")
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    fingerprint = hashlib.sha256(der).hexdigest()
    witness = None
    if kept is not None:
        with open(kept, "rb") as file:
            witness = check_signature(json.load(file), key, fingerprint)

    with open(export, "rb") as lines:
        heading = json.loads(next(lines))
        if heading["type"] != "keyway audit export 1":
            fail("this is no export")
        start = number = heading["after"]
        previous = bytes.fromhex(heading["afterHash"])
        signed = 0
        last = None
        seen = witness is None
        for line in lines:
            line = line.rstrip(b"\n")
            document = json.loads(line)
            if "checkpoint" in document:
                statement = check_signature(document, key, fingerprint)
                if statement["record"] != number or bytes.fromhex(statement["hash"]) != previous:
                    fail(f"checkpoint {statement['number']} did not sign record {number}")
                if last is not None and statement["previous"] != hashlib.sha256(canonical(last)).hexdigest():
                    fail(f"checkpoint {statement['number']} does not follow on the one before it")
                if witness is not None and statement["number"] == witness["number"]:
                    if statement != witness:
                        fail("the checkpoint that was kept is another one")
                    seen = True
                last, signed = statement, number
                continue
            number += 1
            if document["record"] != number:
                fail(f"record {number} is missing")
            # The event stands byte for byte between its name and the line's last brace.
            name = b'"event":'
            event = line[line.index(name) + len(name) : -1]
            previous = hashlib.sha256(previous + number.to_bytes(8, "big") + event).digest()
            if previous.hex() != document["hash"]:
                fail(f"the hash of record {number} does not fit")
    if not seen:
        fail("the checkpoint that was kept is not in the export")
    print(json.dumps({"after": start, "records": number - start, "last": number, "signed": signed}))


if __name__ == "__main__":
    main(*sys.argv[1:])
