"""Reads `pssh` boxes with nothing of Keyway's, and says what is in them, as JSON in
order of the system.

    describe.py FILE…

A FILE is an MP4 init segment or bare boxes. The parser is written from the formats' specifications: ISO/IEC 23001-7,
Google's WidevinePsshData, Microsoft's PlayReady Header Specification.
"""

import base64
import json
import struct
import sys
import uuid
import xml.etree.ElementTree as xml

SPACE = "{http://schemas.microsoft.com/DRM/2007/03/PlayReadyHeader}"


def boxes(data):
    """The pssh boxes at the top and within moov."""
    found, position = [], 0
    while position + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[position : position + 8])
        assert 8 <= size <= len(data) - position
        body = data[position + 8 : position + size]
        if kind == b"pssh":
            found.append(body)
        elif kind == b"moov":
            found += boxes(body)
        position += size
    return found


def varint(data, position):
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, position


def widevine(data):
    result, position = {"keyIDs": []}, 0
    while position < len(data):
        tag, position = varint(data, position)
        if tag & 7 == 0:
            value, position = varint(data, position)
        else:
            assert tag & 7 == 2
            length, position = varint(data, position)
            value, position = data[position : position + length], position + length
        if tag >> 3 == 2:
            result["keyIDs"].append(str(uuid.UUID(bytes=value)))
        elif tag >> 3 == 4:
            result["contentID"] = value.hex()
        elif tag >> 3 == 9:
            result["scheme"] = struct.pack(">I", value).decode()
        else:
            raise ValueError(tag)
    return result


def guid(text):
    return str(uuid.UUID(bytes_le=base64.b64decode(text, validate=True)))


def playready(data):
    size, count, kind, length = struct.unpack("<IHHH", data[:10])
    assert (size, count, kind, length) == (len(data), 1, 1, len(data) - 10)
    text = data[10:].decode("utf-16-le")
    root = xml.fromstring(text)
    assert root.tag == SPACE + "WRMHEADER"
    fields = root.find(SPACE + "DATA")
    protection = fields.find(SPACE + "PROTECTINFO")
    keys = []
    if root.get("version") == "4.0.0.0":
        assert protection.findtext(SPACE + "KEYLEN") == "16"
        keys.append([guid(fields.findtext(SPACE + "KID")), protection.findtext(SPACE + "ALGID"),
                     fields.findtext(SPACE + "CHECKSUM")])
    else:
        for element in protection.iter(SPACE + "KID"):
            assert list(element.keys()) == sorted(element.keys())
            keys.append([guid(element.get("VALUE")), element.get("ALGID"), element.get("CHECKSUM")])
    return {"version": root.get("version"), "keys": keys, "url": fields.findtext(SPACE + "LA_URL")}


def describe(body):
    version, system, body = body[0], str(uuid.UUID(bytes=body[4:20])), body[20:]
    result = {"system": system, "version": version}
    if version == 1:
        count = struct.unpack(">I", body[:4])[0]
        result["keyIDs"] = [str(uuid.UUID(bytes=body[4 + 16 * n : 20 + 16 * n])) for n in range(count)]
        body = body[4 + 16 * count :]
    size = struct.unpack(">I", body[:4])[0]
    assert size == len(body) - 4
    if system.startswith("edef8ba9"):
        result["widevine"] = widevine(body[4:])
    elif system.startswith("9a04f079"):
        result["playready"] = playready(body[4:])
    elif size:
        result["data"] = body[4:].hex()
    return result


for name in sys.argv[1:]:
    with open(name, "rb") as file:
        described = [describe(body) for body in boxes(file.read())]
    print(json.dumps(sorted(described, key=lambda box: box["system"]), sort_keys=True))
